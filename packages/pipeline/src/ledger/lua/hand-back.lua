-- handBack(ep, k, lease, stage): the holder stops for no fault of the batch; its attempt does not count.
local ep, k, lease, stage = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if gone(ep) then return answer('gone') end
local batch = load(BAT, k)
if not batch or batch.lease ~= lease then return answer('stale') end
if stage == 'enhance' then
  batch.eatt = math.max(0, (batch.eatt or 0) - 1)
else
  local _, range = openRange(batch)
  if range then range.att = math.max(0, range.att - 1) end
end
batch.lease = nil
store(BAT, k, batch)
return answer('ok')
