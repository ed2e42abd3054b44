-- cancelling(): nothing may start for this job any more; its holders find it gone.
-- Answers ok(ep, tasks: what may wait for it in the queues) | ended(st) | unknown.
local st = get('st')
if not st then return answer('unknown') end
if TERMINAL[st] then return answer('ended', { st = st }) end
local more = { ep = get('ep') or nil }
redis.call('HDEL', JOB, 'paused') -- what is due is known only of a job that goes on
if more.ep then oweAll() else owe('ingest', '', int('gq')) end
if #due > 0 then more.tasks = due end
due = {}
set('st', 'cancelling')
return answer('ok', more)
