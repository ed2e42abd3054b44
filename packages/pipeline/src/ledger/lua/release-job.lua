-- releaseJob(prefix): gives back every grant whose id begins with `prefix` ("J/" or "J/ep/"). KEYS: grants, total.
local cursor, freed = '0', 0
repeat
  local page = redis.call('HSCAN', KEYS[1], cursor, 'MATCH', ARGV[1] .. '*', 'COUNT', 500)
  cursor = page[1]
  for i = 1, #page[2], 2 do
    if redis.call('HDEL', KEYS[1], page[2][i]) == 1 then
      freed = freed + tonumber(string.match(page[2][i + 1], '|(%d+)$'))
    end
  end
until cursor == '0'
if freed > 0 then redis.call('DECRBY', KEYS[2], freed) end
if redis.call('HLEN', KEYS[1]) == 0 then redis.call('DEL', KEYS[2]) end
return freed
