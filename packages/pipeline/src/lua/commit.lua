-- commit(ep, k, lease, f, t, ref): frames f to t (exclusive) of batch k have the result object `ref`.
-- Invariant: a result covers exactly the open range that this lease was given; a whole batch cannot land in a half.
-- Answers more | done(tok) (delete the payload, release, returned) | stale | gone.
local ep, k, lease, f, t, ref = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), tonumber(ARGV[5]), ARGV[6]
if gone(ep) then return answer('gone') end
local batch = load(BAT, k)
if not batch or not batch.ranges or batch.st == 'done' then return answer('stale') end
local _, range = openRange(batch)
if batch.lease ~= lease then
  -- The lease was stolen from a living holder: the attempt was no failure.
  if range and range.f == f and range.t == t and range.att > 1 then
    range.att = range.att - 1
    store(BAT, k, batch)
  end
  return answer('stale')
end
if not range or range.f ~= f or range.t ~= t then return answer('stale') end
range.ref = ref
redis.call('HINCRBY', JOB, 'fi', t - f)
if openRange(batch) then
  store(BAT, k, batch)
  return answer('more')
end
return answer('done', { tok = finish(k, batch) })
