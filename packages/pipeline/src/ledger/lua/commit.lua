-- commit(ep, k, lease, f, t, ref): frames f to t (exclusive) of batch k have the result object `ref`.
-- Invariant: a result covers exactly the open range that this lease was given; a whole batch cannot land in a half.
-- Answers more | done(tok) (delete the payload, release, returned) | stale | gone.
local ep, k, lease, f, t, ref = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
if gone(ep) then return answer('gone') end
local batch, credit = load(BAT, k), load(LIVE, k)
if not batch or batch.st == 'done' then
  if not credit or not credit.drop then return answer('stale') end
  -- Said before, and the answer was lost. Another caller may be told so too: dropping twice does no harm.
  oweAll()
  return answer('done', { tok = credit.tok })
end
if not batch.ranges then return answer('stale') end
local _, range = openRange(batch)
if batch.lease ~= lease then
  -- The lease was stolen from a living holder: the attempt was no failure.
  if range and range.f == f and range.t == t and range.att > 1 then
    range.att = range.att - 1
    store(BAT, k, batch)
  end
  return answer('stale')
end
if not range or range.f ~= f or range.t ~= t then
  for _, known in ipairs(batch.ranges) do
    if known.f == f and known.t == t and known.ref == ref then return answer('more') end -- said before
  end
  return answer('stale')
end
range.ref = ref
redis.call('HINCRBY', JOB, 'fi', t - f)
if openRange(batch) then
  store(BAT, k, batch)
  return answer('more')
end
return answer('done', { tok = finish(k, batch) })
