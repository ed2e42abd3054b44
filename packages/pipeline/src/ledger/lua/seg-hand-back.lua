-- segHandBack(ep, s, lease): the holder stops for no fault of the segment; its attempt does not count.
-- Answers ok | stale | gone.
local ep, s, lease = ARGV[1], ARGV[2], ARGV[3]
if gone(ep) then return answer('gone') end
local seg = load(SEG, s)
if not holds(s, seg, lease) then return answer('stale') end
handBackSegment(s, seg)
return answer('ok')
