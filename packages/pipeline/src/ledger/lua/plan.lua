-- plan(ep, plan): the segment list `ep` is the job's plan. `steps`: what is to be done with what is tracked, each step with
-- those that it comes after. `auto`: W and S follow the number of workers, see `widen`.
-- First plan wins: a second delivery of ingest gets `planned` and drops its own.
local ep, plan = ARGV[1], cjson.decode(ARGV[2])
local st = get('st')
if not st or TERMINAL[st] or st == 'cancelling' then return answer('gone') end
if get('ep') == ep then -- planned by this caller, who never heard the answer
  oweAll()
  return answer('ok')
end
if get('ep') then return answer('planned', { ep = get('ep') }) end
-- No more segments than credits: of S open ones, S - 1 may each have lost its holder with a credit in hand, and the
-- decoder that waits in the only free slot must still find one.
local S = math.min(plan.openSegments, plan.window)
-- `ren` and `vw`: for processes of the version before, which know no list of steps.
set('st', 'running', 'ep', ep, 'mode', plan.mode, 'nseg', plan.segments, 'W', plan.window, 'S', S, 'N', plan.attempts,
  'enh', plan.enhance, 'steps', cjson.encode(plan.steps), 'ren', plan.steps.render and 1 or 0, 'vw', plan.steps.cut and 1 or 0,
  'total', plan.total, 'startedAt', plan.startedAt, 'pri', plan.priority, 'auto', plan.auto,
  'opened', 0, 'cs', 0, 'cb', 0, 'ord', 0, 'ck', '', 'roll', '', 'tst', 'idle', 'tq', 0, 'fd', 0, 'fi', 0)
settle()
return answer('ok')
