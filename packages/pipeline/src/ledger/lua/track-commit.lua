-- trackCommit(ep, cs, cb, n, ck, ord, part): n batches from the cursor are tracked.
-- Invariant: the cursor equals the caller's AND all n batches are still done. The cursor alone is not enough: after a
-- restored Redis a batch may be decoded again at the same cursor, and deleting it would leak its credit.
-- Answers ok(expired checkpoints) | stale | gone.
local ep, cs, cb, n = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3]), tonumber(ARGV[4])
if gone(ep) then return answer('gone') end
if int('cs') ~= cs or int('cb') ~= cb then
  if get('ck') ~= ARGV[5] or get('ord') ~= ARGV[6] then return answer('stale') end
  oweAll() -- this very commit was the last, and its answer was lost: names are made of contents
  return answer('ok')
end
for i = 0, n - 1 do
  local batch = load(BAT, cs .. '.' .. (cb + i))
  if not batch or batch.st ~= 'done' then return answer('stale') end
end
for i = 0, n - 1 do redis.call('HDEL', BAT, cs .. '.' .. (cb + i)) end
set('ck', ARGV[5], 'ord', ARGV[6], 'cb', cb + n)
redis.call('RPUSH', PARTS, ARGV[7])
redis.call('LPUSH', CKS, ARGV[5])
local expired = redis.call('LRANGE', CKS, CHECKPOINTS_KEPT, -1)
redis.call('LTRIM', CKS, 0, CHECKPOINTS_KEPT - 1)
set('tst', 'idle')
settle()
local more = {}
if #expired > 0 then more.expired = expired end
return answer('ok', more)
