-- grants(): every grant as id, tok|bytes, ...; the total is set right where it is not. KEYS: grants, total.
local all, sum = redis.call('HGETALL', KEYS[1]), 0
for i = 2, #all, 2 do sum = sum + tonumber(string.match(all[i], '|(%d+)$')) end
if sum == 0 then
  redis.call('DEL', KEYS[2])
elseif tonumber(redis.call('GET', KEYS[2]) or '0') ~= sum then
  redis.call('SET', KEYS[2], sum)
end
return all
