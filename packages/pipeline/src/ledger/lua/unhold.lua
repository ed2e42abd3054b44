-- unhold(ep, k, tok): the holder died between acquire and publish, its payload is cleared; the batch is wanted again.
local ep, k, tok = ARGV[1], ARGV[2], ARGV[3]
if gone(ep) then return answer('gone') end
local batch, credit = load(BAT, k), load(LIVE, k)
if not batch or batch.st ~= 'held' or not credit or credit.tok ~= tok then return answer('stale') end
redis.call('HDEL', LIVE, k)
batch.st = 'wanted'
store(BAT, k, batch)
return answer('ok')
