-- release(id, tok): gives the bytes back, only for the token that holds them. KEYS: grants, total. Answers ok | stale.
local old = redis.call('HGET', KEYS[1], ARGV[1])
if not old or string.match(old, '^(.*)|%d+$') ~= ARGV[2] then return 'stale' end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('DECRBY', KEYS[2], string.match(old, '|(%d+)$'))
if redis.call('HLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[2]) end
return 'ok'
