-- plan(ep, mode, nseg, W, S, N, enhance, render, total, startedAt, priority, auto, views): the segment list `ep` is the job's
-- plan. `auto`: W and S follow the number of workers, see `widen`.
-- First plan wins: a second delivery of ingest gets `planned` and drops its own.
local ep = ARGV[1]
local st = get('st')
if not st or TERMINAL[st] or st == 'cancelling' then return answer('gone') end
if get('ep') == ep then -- planned by this caller, who never heard the answer
  oweAll()
  return answer('ok')
end
if get('ep') then return answer('planned', { ep = get('ep') }) end
-- No more segments than credits: of S open ones, S - 1 may each have lost its holder with a credit in hand, and the
-- decoder that waits in the only free slot must still find one.
local S = math.min(tonumber(ARGV[5]), tonumber(ARGV[4]))
set('st', 'running', 'ep', ep, 'mode', ARGV[2], 'nseg', ARGV[3], 'W', ARGV[4], 'S', S, 'N', ARGV[6],
  'enh', ARGV[7], 'ren', ARGV[8], 'total', ARGV[9], 'startedAt', ARGV[10], 'pri', ARGV[11], 'auto', ARGV[12], 'vw', ARGV[13],
  'opened', 0, 'cs', 0, 'cb', 0, 'ord', 0, 'ck', '', 'roll', '', 'tst', 'idle', 'tq', 0, 'fd', 0, 'fi', 0)
settle()
return answer('ok')
