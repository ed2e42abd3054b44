-- due(): everything that is due for the job now; `ended` when it has ended or is being cancelled. A repeated delivery asks,
-- because the one before may have died between a commit and the enqueue of what the commit made due.
local st = get('st')
if TERMINAL[st] then return answer('ok', { ended = st }) end
if st == 'cancelling' then return answer('ok', { ended = st }) end
if not st or paused() then return answer('ok') end
if not get('ep') then
  owe('ingest', '', int('gq'))
  return answer('ok')
end
oweAll()
return answer('ok', { ep = get('ep') })
