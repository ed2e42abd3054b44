-- enhCommit(ep, k, lease): the enhanced payload stands beside the decoded one. Answers ok | stale | gone.
-- After ok the caller deletes the decoded payload; both lived on one credit.
local ep, k, lease = ARGV[1], ARGV[2], ARGV[3]
if gone(ep) then return answer('gone') end
local batch = load(BAT, k)
if batch and batch.st == 'enhanced' and batch.enhancedBy == lease then -- said before, and the answer was lost
  oweBatch(k, batch)
  return answer('ok')
end
if not batch or batch.st ~= 'ready' or batch.lease ~= lease then return answer('stale') end
batch.st, batch.q, batch.lease, batch.sum = 'enhanced', batch.q + 1, nil, ARGV[4]
batch.enhancedBy, batch.eatt = lease, 0
store(BAT, k, batch)
oweBatch(k, batch)
return answer('ok')
