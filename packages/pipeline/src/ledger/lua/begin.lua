-- begin(ep, k, lease, stage): the caller works on batch k from now on; whoever did before is stale.
-- An attempt counts here and is given back by handBack, lost, and a commit that comes with an old lease. One failed
-- attempt halves a range (results do not change by it); only a single frame that failed N times alone becomes a gap.
-- Answers run(f, t, solo, tok, sum, frames) | drop(tok) (delete the payload, release, returned) | skip | gone.
local ep, k, lease, stage = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if gone(ep) then return answer('gone') end
local batch, credit = load(BAT, k), load(LIVE, k)
if not batch or batch.st == 'done' then
  if not credit or not credit.drop then return answer('skip') end
  oweAll() -- whoever finished the batch may have died, or been this caller and never heard the answer
  return answer('drop', { tok = credit.tok })
end
if paused() then
  turnAway(BAT, k, batch)
  return answer('skip')
end
if batch.st == 'wanted' or batch.st == 'held' then
  oweDecode(k)
  return answer('skip')
end
if stageOf(batch) ~= stage then
  oweBatch(k, batch)
  return answer('skip')
end
local N = int('N')
local again = batch.lease == lease -- the same caller, who never heard the answer: no further attempt
if stage == 'enhance' then
  if not again then batch.eatt = (batch.eatt or 0) + 1 end
  if batch.eatt > N then
    for _, range in ipairs(batch.ranges) do
      if not range.ref and not range.gap then
        range.gap = 1
        redis.call('HINCRBY', JOB, 'fi', range.t - range.f)
      end
    end
    return answer('drop', { tok = finish(k, batch) })
  end
  batch.lease = lease
  store(BAT, k, batch)
  return answer('run', { f = 0, t = batch.frames, tok = credit.tok, sum = batch.sum, frames = batch.frames })
end
local i, range = openRange(batch)
while range and not again do
  local size = range.t - range.f
  if range.att >= 1 and size > 1 then
    local middle = range.f + math.floor(size / 2)
    table.insert(batch.ranges, i + 1, { f = middle, t = range.t, att = 0, solo = 1 })
    batch.ranges[i] = { f = range.f, t = middle, att = 0, solo = 1 }
  elseif range.att >= 1 and not range.solo then
    range.att, range.solo = 0, 1 -- a single frame that failed in company: only attempts alone count against it
  elseif range.att >= N then
    range.gap = 1
    redis.call('HINCRBY', JOB, 'fi', size)
  else
    break
  end
  i, range = openRange(batch)
end
if not range then return answer('drop', { tok = finish(k, batch) }) end
if not again then range.att = range.att + 1 end
batch.lease = lease
store(BAT, k, batch)
return answer('run', { f = range.f, t = range.t, solo = range.solo, tok = credit.tok, sum = batch.sum, frames = batch.frames })
