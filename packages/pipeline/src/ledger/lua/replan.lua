-- replan(ep, lost, kept): the plan `ep` is given up, and ingest makes another. Either nobody is left who can go on with
-- it, and what was done by it counts for nothing; or something that it left is lost (1), and the object `kept`, if it is
-- one, tells what the next can adopt. The turns that it took count.
-- Answers ok(due: ingest) | gone | exhausted (too much was lost too often). After ok the caller deletes the payloads and
-- grants of `ep`.
local ep, isLost = ARGV[1], ARGV[2] == '1'
local function oweIngest()
  if not paused() then owe('ingest', '', int('gq')) end -- else `resume` does
  return answer('ok')
end
if get('replanned') == ep and not get('ep') then return oweIngest() end -- this caller's, who never heard the answer
if gone(ep) then return answer('gone') end
local st = get('st')
local isGoing = st == 'running' or (st == 'tracked' and (isLost or isReady(lateSteps(), 'look')))
if not isGoing then return answer('gone') end
local losses = int('losses') + (isLost and 1 or 0)
if losses > LOSSES then return answer('exhausted') end
local kept = { 'st', 'queued', 'replanned', ep, 'gq', int('gq') + 1 }
if losses > 0 then
  kept[#kept + 1] = 'losses'
  kept[#kept + 1] = losses
end
for _, name in ipairs({ 'acceptedAt', 'run', 'paused', 'vt' }) do
  local value = get(name)
  if value then
    kept[#kept + 1] = name
    kept[#kept + 1] = value
  end
end
if isLost and ARGV[3] ~= '' then
  kept[#kept + 1] = 'kept'
  kept[#kept + 1] = ARGV[3]
end
redis.call('DEL', JOB, SEG, BAT, LIVE, PARTS, CKS)
set(unpack(kept))
return oweIngest()
