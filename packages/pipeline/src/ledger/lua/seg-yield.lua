-- segYield(ep, s, lease): the holder has had its turn while others wait. The segment is due again behind them, under a
-- new generation, and no attempt counts. Answers ok | stale | gone.
local ep, s, lease = ARGV[1], ARGV[2], ARGV[3]
if gone(ep) then return answer('gone') end
local seg = load(SEG, s)
if seg and seg.st == 'open' and seg.yielded == lease then -- said before, and the answer was lost
  owe('decode', s, seg.q)
  return answer('ok')
end
if not holds(s, seg, lease) then return answer('stale') end
seg.yielded, seg.q = lease, seg.q + 1
handBackSegment(s, seg)
owe('decode', s, seg.q)
return answer('ok')
