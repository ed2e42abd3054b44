-- segFail(ep, s, lease): the decoder failed on the segment, which says more than that its holder died: see `DEATHS`.
-- Answers ok | stale | gone.
local ep, s, lease = ARGV[1], ARGV[2], ARGV[3]
if gone(ep) then return answer('gone') end
local seg = load(SEG, s)
if not holds(s, seg, lease) then return answer('stale') end
if seg.failed == lease then return answer('ok') end -- said before, and the answer was lost
seg.failed, seg.att = lease, seg.att + DEATHS - 1
store(SEG, s, seg)
return answer('ok')
