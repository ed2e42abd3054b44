-- end(st, finishedAt, problem, retentionSeconds, run): the run ends, whatever its epoch. Idempotent: the first end stays.
-- Put the result object (or the tombstone) first. Only the job's own record stays, for the retention time.
-- Answers ok | ended(st) | stale (another run has begun) | unknown.
local st = get('st')
if not st then return answer('unknown') end
if ARGV[5] ~= '' and tonumber(ARGV[5]) ~= runNumber() then return answer('stale') end
if TERMINAL[st] then return answer('ended', { st = st }) end
-- A cancellation that has begun ends as one: its tombstone beats every result.
if st == 'cancelling' and ARGV[1] ~= 'cancelled' then return answer('ended', { st = st }) end
set('st', ARGV[1], 'finishedAt', ARGV[2])
if ARGV[3] ~= '' then set('problem', ARGV[3]) end
redis.call('DEL', SEG, BAT, LIVE, PARTS, CKS)
redis.call('EXPIRE', JOB, tonumber(ARGV[4]))
return answer('ok')
