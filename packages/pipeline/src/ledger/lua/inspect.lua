-- inspect(): what the reconciler holds against queues and stores. Changes nothing but what is due anyway.
-- Answers running(ep, credits, window and openSegments where they follow the number of workers, due) | unplanned(due: ingest) | cancelling | ended(st) | unknown.
-- A credit's `by` is the delivery that holds its batch, where that is the segment's holder.
local st = get('st')
if not st then return answer('unknown') end
if TERMINAL[st] then return answer('ended', { st = st }) end
if st == 'cancelling' then return answer('cancelling') end
if not get('ep') then
  if not paused() then owe('ingest', '', int('gq')) end
  return answer('unplanned')
end
oweAll()
local credits = {}
for _, k in ipairs(redis.call('HKEYS', LIVE)) do
  local credit, batch = load(LIVE, k), load(BAT, k)
  local seen = { k = k, tok = credit.tok }
  if credit.drop or not batch then
    seen.st = 'drop'
  else
    seen.st = batch.st
    local seg = load(SEG, string.match(k, '^(%d+)%.'))
    if seg and seg.lease == credit.lease then seen.by = seg.by end
  end
  credits[#credits + 1] = seen
end
local more = { ep = get('ep') }
if get('auto') == '1' then more.window, more.openSegments = int('W'), int('S') end
if #credits > 0 then more.credits = credits end
return answer('running', more)
