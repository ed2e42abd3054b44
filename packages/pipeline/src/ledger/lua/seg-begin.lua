-- segBegin(ep, s, lease, by, now, tag): the caller decodes segment s from now on; whoever did before is stale.
-- Answers ok | exhausted (N failures, or N * DEATHS deaths, without progress: fall back or end the segment) | skip | gone.
-- `batches` and `frames`: what the segment has published from its start without a hole.
local ep, s, lease, by = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if gone(ep) then return answer('gone') end
local seg = load(SEG, s)
if not seg or seg.st ~= 'open' then return answer('skip') end
if paused() then
  turnAway(SEG, s, seg)
  return answer('skip')
end
if seg.lease ~= lease then seg.att = seg.att + 1 end
seg.lease, seg.by = lease, by
store(SEG, s, seg)
redis.call('HSETNX', JOB, 'decodeAt', ARGV[5])
-- A job that asked for nothing for a while is not owed for it: its virtual time is at least its task's.
if tonumber(ARGV[6]) > tonumber(get('vt') or '0') then set('vt', ARGV[6]) end
local kind = 'ok'
if seg.att > int('N') * DEATHS then kind = 'exhausted' end
local nb, frames = 0, 0
if tonumber(s) == int('cs') then nb, frames = int('cb'), int('ord') end
local batch = load(BAT, s .. '.' .. nb)
while batch and (batch.st == 'ready' or batch.st == 'enhanced' or batch.st == 'done') do
  nb, frames = nb + 1, frames + batch.frames
  batch = load(BAT, s .. '.' .. nb)
end
return answer(kind, { mode = get('mode'), batches = nb, frames = frames })
