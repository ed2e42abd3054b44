-- validate(): ingest has taken the job. Answers ok(run, kept: see `replan`) | planned (an earlier delivery went further) | skip | gone.
local st = get('st')
if not st or TERMINAL[st] or st == 'cancelling' then return answer('gone') end
if get('ep') then return answer('planned') end
if paused() then
  redis.call('HINCRBY', JOB, 'gq', 1) -- see `turnAway`
  return answer('skip')
end
set('st', 'validating')
return answer('ok', { run = runNumber(), kept = get('kept') or nil })
