-- postBegin(ep, stage): a stage after track is about to start. Answers run | skip | gone.
local ep, stage = ARGV[1], ARGV[2]
if gone(ep) then return answer('gone') end
if get('st') ~= 'tracked' then return answer('skip') end
if paused() then
  redis.call('HINCRBY', JOB, generationOf(stage), 1) -- this task is over, see `turnAway`
  return answer('skip')
end
if get(stage) then
  oweAll() -- whoever left the reference may have died before adding what it made due
  return answer('skip')
end
return answer('run')
