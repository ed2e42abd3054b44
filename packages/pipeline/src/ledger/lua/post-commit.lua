-- postCommit(ep, stage, ref): a stage after track is done; the first reference wins. Answers ok | gone.
local ep, stage, ref = ARGV[1], ARGV[2], ARGV[3]
if gone(ep) then return answer('gone') end
if get('st') ~= 'tracked' then return answer('gone') end
redis.call('HSETNX', JOB, stage, ref)
settleLate()
return answer('ok')
