-- segEnd(ep, s, lease, nb, missing, reason, warning): the segment has nb batches, and no more.
-- `missing` frames after them could not be decoded (only of the last segment: they become the gap at the end).
-- Invariant: a segment ends only when every batch below nb is ready, enhanced, done or tracked.
-- Answers ok | again (some batch needs another pass) | stale | gone.
local ep, s, lease, nb = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4])
if gone(ep) then return answer('gone') end
local seg = load(SEG, s)
if not seg or seg.st ~= 'open' or seg.lease ~= lease then return answer('stale') end
for b = 0, nb - 1 do
  if not passed(tonumber(s), b) then
    local batch = load(BAT, s .. '.' .. b)
    if not batch or batch.st == 'wanted' or batch.st == 'held' then return answer('again') end
  end
end
if tonumber(ARGV[5]) > 0 then set('missing', ARGV[5], 'missingReason', ARGV[6]) end
if ARGV[7] ~= '' then set('decodeWarning', ARGV[7]) end
seg.st, seg.nb, seg.lease, seg.by = 'ended', nb, nil, nil
store(SEG, s, seg)
settle()
return answer('ok')
