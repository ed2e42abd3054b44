-- due(): everything that is due for the job now. A repeated delivery asks for it, because the one before may have died
-- between a commit and the enqueue of what the commit made due. Enqueueing twice is harmless: the ids are the same.
local st = get('st')
if not st or TERMINAL[st] or st == 'cancelling' or not get('ep') or paused() then return answer('ok') end
if st == 'running' then
  settle()
  for i = int('cs'), int('opened') - 1 do
    local seg = load(SEG, i)
    if seg and seg.st == 'open' then owe('decode', tostring(i), seg.q) end
  end
  if get('tst') == 'queued' then owe('track', '', int('tq')) end
end
if get('st') == 'tracked' then
  if not get('index') then owe('index', '', int('iq')) end
  if get('ren') == '1' and not get('render') then owe('render', '', int('rq')) end
  settlePost()
end
return answer('ok', { ep = get('ep') })
