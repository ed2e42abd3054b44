-- segEnd(ep, s, lease, nb, missing, reason, warning, shown, timeline): the segment has nb batches, and no more.
-- `missing` frames of it could not be decoded (only of the last segment; `timeline`, an object, tells where).
-- `shown`: how many frames a source has whose plan only expected a number, and of which not all are looked at.
-- Invariant: a segment ends only when every batch below nb is ready, enhanced, done or tracked.
-- Answers ok | again (some batch needs another pass) | stale | gone.
local ep, s, lease, nb = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if gone(ep) then return answer('gone') end
local seg = load(SEG, s)
if not holds(s, seg, lease) then
  oweAll() -- it may be this caller who ended the segment and never heard the answer
  return answer('stale')
end
local first = 0
if tonumber(s) == int('cs') then first = int('cb') end -- those before are tracked
for b = first, nb - 1 do
  local batch = load(BAT, s .. '.' .. b)
  if not batch or batch.st == 'wanted' or batch.st == 'held' then return answer('again') end
end
if tonumber(ARGV[5]) > 0 then
  set('missing', ARGV[5], 'missingReason', ARGV[6])
elseif tonumber(s) == int('nseg') - 1 then
  redis.call('HDEL', JOB, 'missing', 'missingReason') -- a pass before this one got less far
end
if ARGV[8] ~= '' then set('shown', ARGV[8]) end
if ARGV[9] ~= '' then set('timeline', ARGV[9]) end
if ARGV[7] ~= '' then set('decodeWarning', ARGV[7]) end
seg.st, seg.nb, seg.lease, seg.by = 'ended', nb, nil, nil
store(SEG, s, seg)
settle()
return answer('ok')
