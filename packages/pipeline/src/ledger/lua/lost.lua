-- lost(ep, k, lease): the payload is gone or damaged. Whoever says so has deleted what was left and its grant.
-- The batch is wanted again; an ended segment opens again to decode it. The attempt does not count.
local ep, k, lease = ARGV[1], ARGV[2], ARGV[3]
if gone(ep) then return answer('gone') end
local batch = load(BAT, k)
if not batch or batch.lease ~= lease or (batch.st ~= 'ready' and batch.st ~= 'enhanced') then
  if batch and batch.st == 'wanted' then oweDecode(k) end -- said before, and the answer was lost
  return answer('stale')
end
local _, range = openRange(batch)
if stageOf(batch) == 'enhance' then
  batch.eatt = math.max(0, batch.eatt - 1)
elseif range then
  range.att = math.max(0, range.att - 1)
end
batch.st, batch.lease = 'wanted', nil
store(BAT, k, batch)
redis.call('HDEL', LIVE, k)
redis.call('HINCRBY', JOB, 'fd', -batch.frames)
local s = string.match(k, '^(%d+)%.')
local seg = load(SEG, s)
if seg and seg.st == 'ended' then
  seg.st, seg.q, seg.nb, seg.att = 'open', seg.q + 1, nil, 0
  store(SEG, s, seg)
end
oweDecode(k)
return answer('ok')
