-- publish(ep, s, lease, b, tok, frames, sum): the payload is in the frame store.
-- Invariant: a batch is ready only while its payload exists and its credit is held.
-- Answers ok(vt: the job's virtual time, which these frames cost by its priority) | retry (acquire again; do not delete the payload, it may be the new holder's) | stale | gone.
local ep, s, lease, b, tok = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5]
local frames, sum = tonumber(ARGV[6]), ARGV[7]
if gone(ep) then return answer('gone') end
local seg = load(SEG, s)
if not holds(s, seg, lease) then return answer('stale') end
local k = s .. '.' .. b
local batch, credit = load(BAT, k), load(LIVE, k)
if not batch or batch.st ~= 'held' or not credit or credit.tok ~= tok then return answer('retry') end
if not batch.ranges or batch.frames ~= frames then
  batch.ranges = { { f = 0, t = frames, att = 0 } }
end
batch.st, batch.q, batch.frames, batch.sum = 'ready', batch.q + 1, frames, sum
store(BAT, k, batch)
seg.att = 0
store(SEG, s, seg)
redis.call('HINCRBY', JOB, 'fd', frames)
oweBatch(k, batch)
local vt = tonumber(get('vt') or '0') + frames * NORMAL_PRIORITY / int('pri')
set('vt', string.format('%.3f', vt))
return answer('ok', { vt = vt })
