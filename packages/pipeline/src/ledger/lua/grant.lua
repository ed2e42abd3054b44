-- grant(id, tok, bytes, budget): bytes of the site's frame store for one payload holder. KEYS: grants, total.
-- Invariant: total = sum of all grants <= budget. The same id is granted again to a new token without counting twice.
-- Answers ok | wait.
local old = redis.call('HGET', KEYS[1], ARGV[1])
local oldBytes = old and tonumber(string.match(old, '|(%d+)$')) or 0
local total = tonumber(redis.call('GET', KEYS[2]) or '0') - oldBytes + tonumber(ARGV[3])
if total > tonumber(ARGV[4]) then return 'wait' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. '|' .. ARGV[3])
redis.call('SET', KEYS[2], total)
return 'ok'
