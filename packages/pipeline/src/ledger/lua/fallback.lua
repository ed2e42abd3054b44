-- fallback(ep, s, lease, ep2, total): segments do not decode as one stream does, or several threads not as one; start
-- over as a single segment.
-- A new epoch: nothing of the old one can meet the new, and the cursor, checkpoint and parts start empty.
-- Answers ok | stale | gone. After ok the caller deletes the payloads and grants of `ep`.
local ep, s, lease, ep2 = ARGV[1], ARGV[2], ARGV[3], ARGV[4]
if get('ep') == ep2 then -- this caller's, who never heard the answer
  oweAll()
  return answer('ok')
end
if gone(ep) then return answer('gone') end
local seg = load(SEG, s)
if not seg or seg.lease ~= lease then return answer('stale') end
redis.call('DEL', SEG, BAT, LIVE, PARTS, CKS)
redis.call('HDEL', JOB, 'missing', 'missingReason', 'decodeWarning', 'timeline', 'shown')
set('ep', ep2, 'mode', 'sequential', 'nseg', 1, 'total', ARGV[5],
  'opened', 0, 'cs', 0, 'cb', 0, 'ord', 0, 'ck', '', 'roll', '', 'tst', 'idle', 'fd', 0, 'fi', 0)
settle()
return answer('ok')
