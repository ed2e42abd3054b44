-- resume(): the job goes on with everything that is due; said again it answers the same. Answers ok | ended(st) |
-- unknown. What a pause turned away got a new generation then (see `turnAway`), so no task that is on its way out can
-- swallow the one that the caller adds, and one that still waits keeps its place.
local st = get('st')
if not st then return answer('unknown') end
if TERMINAL[st] or st == 'cancelling' then return answer('ended', { st = st }) end
redis.call('HDEL', JOB, 'paused')
if not get('ep') then
  owe('ingest', '', int('gq'))
  return answer('ok')
end
oweAll()
return answer('ok', { ep = get('ep') })
