-- keep(): what a retry can adopt of the job as it stands: what was tracked by its parts, and batches that were not.
-- Answers ok(ep, roll, parts, batches, ended) | none. `ended`: so many segments, from the first, are tracked and were
-- decoded without complaint; which segment a decoder complained of is not known.
local ep = get('ep')
if not ep or ep == '' then return answer('none') end
local more = { ep = ep, roll = get('roll') or '' }
local parts = redis.call('LRANGE', PARTS, 0, -1)
if #parts > 0 then more.parts = parts end
local batches = {}
for _, k in ipairs(redis.call('HKEYS', BAT)) do
  local batch = load(BAT, k)
  local ranges, some = {}, false
  for i, range in ipairs(batch.ranges or {}) do
    ranges[i] = { f = range.f, t = range.t, ref = range.ref }
    if range.ref then some = true end
  end
  if some then batches[#batches + 1] = { k = k, frames = batch.frames, ranges = ranges } end
end
if #batches > 0 then more.batches = batches end
more.ended = int('cs')
if get('missing') then more.ended = math.min(more.ended, int('nseg') - 1) end
if get('decodeWarning') then more.ended = 0 end
return answer('ok', more)
