-- rollUp(ep, previous, n, ref): the first n parts now stand in the manifest `ref`, which continues `previous`.
local ep, previous, n, ref = ARGV[1], ARGV[2], tonumber(ARGV[3]), ARGV[4]
if gone(ep) then return answer('gone') end
if get('roll') ~= previous or redis.call('LLEN', PARTS) < n then return answer('stale') end
redis.call('LTRIM', PARTS, n, -1)
set('roll', ref)
return answer('ok')
