-- returned(ep, k, tok): payload deleted, grant released; the credit goes. Only the token that was told to drop it may,
-- or whoever finds it without a batch: a Redis that forgot its last second can bring a credit back.
local k, tok = ARGV[2], ARGV[3]
local credit = load(LIVE, k)
if not credit or credit.tok ~= tok then return answer('stale') end
if not credit.drop and redis.call('HEXISTS', BAT, k) == 1 then return answer('stale') end
redis.call('HDEL', LIVE, k)
return answer('ok')
