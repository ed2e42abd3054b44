-- returned(ep, k, tok): payload deleted, grant released; the credit goes. Only the token that was told to drop it may.
local k, tok = ARGV[2], ARGV[3]
local credit = load(LIVE, k)
if not credit or credit.tok ~= tok or not credit.drop then return answer('stale') end
redis.call('HDEL', LIVE, k)
return answer('ok')
