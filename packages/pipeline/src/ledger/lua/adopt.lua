-- adopt(ep, s, lease, b, frames, ranges): batch s.b has results from an earlier run of the job. Where they are all of
-- it, the batch is done without a credit; where ranges are left it waits for its pixels, and only those are worked on.
-- Answers ok | part | skip (others have gone further) | stale | gone.
local ep, s, lease, b = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if gone(ep) then return answer('gone') end
local seg = load(SEG, s)
if not holds(s, seg, lease) then return answer('stale') end
if paused() then
  handBackSegment(s, seg)
  turnAway(SEG, s, seg)
  return answer('stale')
end
local k = s .. '.' .. b
if passed(tonumber(s), b) then return answer('skip') end
local batch = load(BAT, k)
if batch then
  if batch.st == 'wanted' or batch.st == 'held' then return answer('part') end
  if batch.st ~= 'done' then
    oweBatch(k, batch)
  elseif b == int('cb') and tonumber(s) == int('cs') and get('tst') == 'queued' then
    owe('track', '', int('tq')) -- the caller may have adopted it and never heard the answer
  end
  return answer('skip')
end
local frames, known, whole = tonumber(ARGV[5]), 0, true
batch = { q = 0, frames = frames, ranges = cjson.decode(ARGV[6]) }
for _, range in ipairs(batch.ranges) do
  if range.ref then
    known = known + range.t - range.f
  else
    range.att, whole = 0, false
  end
end
redis.call('HINCRBY', JOB, 'fi', known)
batch.st = whole and 'done' or 'wanted'
store(BAT, k, batch)
if not whole then return answer('part') end
redis.call('HINCRBY', JOB, 'fd', frames)
settle()
return answer('ok')
