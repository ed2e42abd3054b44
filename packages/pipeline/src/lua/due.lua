-- due(): everything that is due for the job now; `ended` when the job has ended. A repeated delivery asks for it,
-- because the one before may have died between a commit and the enqueue of what the commit made due.
local st = get('st')
if TERMINAL[st] then return answer('ok', { ended = st }) end
if not st or st == 'cancelling' or not get('ep') or paused() then return answer('ok') end
oweAll()
return answer('ok', { ep = get('ep') })
