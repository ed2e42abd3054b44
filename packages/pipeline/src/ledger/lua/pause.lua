-- pause(): nothing new starts for this job; what runs may commit. Answers ok | ended(st) | unknown.
local st = get('st')
if not st then return answer('unknown') end
if TERMINAL[st] or st == 'cancelling' then return answer('ended', { st = st }) end
set('paused', '1')
return answer('ok')
