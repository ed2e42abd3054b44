-- segBegin(ep, s, lease, by): the caller decodes segment s from now on; whoever did before is stale.
-- Answers ok | exhausted (N attempts without progress: fall back or end the segment) | skip | gone.
local ep, s, lease, by = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if gone(ep) then return answer('gone') end
if paused() then return answer('skip') end
local seg = load(SEG, s)
if not seg or seg.st ~= 'open' then return answer('skip') end
seg.lease, seg.by, seg.att = lease, by, seg.att + 1
store(SEG, s, seg)
local kind = 'ok'
if seg.att > int('N') then kind = 'exhausted' end
return answer(kind, { mode = get('mode'), attempt = seg.att })
