-- readParts(ep): what index and render read from: the manifest so far and the parts after it. Answers ok | gone.
if gone(ARGV[1]) then return answer('gone') end
local parts = redis.call('LRANGE', PARTS, 0, -1)
local more = { roll = get('roll'), ck = get('ck'), ord = int('ord'), st = get('st') }
if #parts > 0 then more.parts = parts end
return answer('ok', more)
