-- retry(run): a job that has ended, but not as it should, or whose result is lost, begins again; put the object `retry.<run>` first. Nothing of
-- the run before is left here: ingest plans anew, and what has a result is adopted from objects.
-- Answers ok(due: ingest) | running (this run or a later one has begun) | unknown.
local run = tonumber(ARGV[1])
local st = get('st')
if not st then return answer('unknown') end
if runNumber() >= run then
  if not TERMINAL[st] and not get('ep') and not paused() then owe('ingest', '', int('gq')) end
  return answer('running')
end
if not TERMINAL[st] or st == 'cancelled' then return answer('running') end
local acceptedAt, gq = get('acceptedAt'), int('gq') + 1
redis.call('DEL', JOB, SEG, BAT, LIVE, PARTS, CKS)
set('st', 'queued', 'acceptedAt', acceptedAt, 'run', run, 'gq', gq)
owe('ingest', '', gq)
return answer('ok')
