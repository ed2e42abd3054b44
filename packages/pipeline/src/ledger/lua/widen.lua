-- widen(ep, W, S): more workers came, so the job may hold more; for jobs whose user left it open. Never less: what is
-- open or held already is not taken back. Answers ok(due: segments that this opens) | gone.
local ep, W, S = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
if gone(ep) then return answer('gone') end
if get('auto') == '1' then
  W = math.max(W, int('W'))
  set('W', W, 'S', math.max(math.min(S, W), int('S')))
  if paused() then settle() else oweAll() end
end
return answer('ok')
