-- cancelling(): nothing may start for this job any more; its holders find it gone. Answers ok | ended(st) | unknown.
local st = get('st')
if not st then return answer('unknown') end
if TERMINAL[st] then return answer('ended', { st = st }) end
set('st', 'cancelling')
return answer('ok')
