-- acquire(ep, s, lease, b, tok, bytes): a credit for batch s.b, the right to store its pixels.
-- Invariant: HLEN live <= W, and every live record belongs to exactly one batch. The set is the count.
-- Answers ok | skip (others have gone further) | wait | drop(k, tok) (clear that dead payload, ask again) | stale | gone.
local ep, s, lease, b, tok, bytes = ARGV[1], ARGV[2], ARGV[3], tonumber(ARGV[4]), ARGV[5], ARGV[6]
if gone(ep) then return answer('gone') end
local seg = load(SEG, s)
if not holds(s, seg, lease) then return answer('stale') end
if paused() then
  handBackSegment(s, seg)
  turnAway(SEG, s, seg)
  return answer('stale')
end
local k = s .. '.' .. b
local batch, credit = load(BAT, k), load(LIVE, k)
if passed(tonumber(s), b) or (batch and batch.st == 'done') then return answer('skip') end
if batch and (batch.st == 'ready' or batch.st == 'enhanced') then
  oweBatch(k, batch)
  return answer('skip')
end
if credit and credit.drop then return answer('wait') end
if not credit then
  -- A batch that a dead holder of this segment left held must not starve the living one: every slot could wait on it.
  for _, name in ipairs(redis.call('HKEYS', LIVE)) do
    if string.match(name, '^(%d+)%.') == s then
      local held, dead = load(BAT, name), load(LIVE, name)
      if held and held.st == 'held' and not dead.drop then return answer('drop', { k = name, tok = dead.tok }) end
    end
  end
  if redis.call('HLEN', LIVE) >= int('W') then return answer('wait') end
end
store(LIVE, k, { tok = tok, lease = lease, bytes = tonumber(bytes) })
batch = batch or { q = 0 }
batch.st = 'held'
store(BAT, k, batch)
return answer('ok')
