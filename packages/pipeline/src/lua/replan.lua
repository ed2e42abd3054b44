-- replan(ep): nobody is left who can go on with the plan `ep`, so ingest makes another. What was done by it counts for
-- nothing; the turns that it took count.
-- Answers ok(due: ingest) | gone. After ok the caller deletes the payloads and grants of `ep`.
local ep = ARGV[1]
local function oweIngest()
  if not paused() then owe('ingest', '', int('gq')) end -- else `resume` does
  return answer('ok')
end
if get('replanned') == ep and not get('ep') then return oweIngest() end -- this caller's, who never heard the answer
if gone(ep) then return answer('gone') end
if get('st') ~= 'running' and not (get('st') == 'tracked' and nextPost() == 'look') then return answer('gone') end
local kept = { 'st', 'queued', 'replanned', ep, 'gq', int('gq') + 1 }
for _, name in ipairs({ 'acceptedAt', 'run', 'paused', 'vt' }) do
  local value = get(name)
  if value then
    kept[#kept + 1] = name
    kept[#kept + 1] = value
  end
end
redis.call('DEL', JOB, SEG, BAT, LIVE, PARTS, CKS)
set(unpack(kept))
return oweIngest()
