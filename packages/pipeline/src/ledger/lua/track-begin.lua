-- trackBegin(ep, limit): the run of done batches at the cursor, at most `limit`, all of one segment.
-- Answers run(cs, cb, ck, ord, parts, batches) | none (nothing is due; the next settle says when) | gone.
local ep, limit = ARGV[1], tonumber(ARGV[2])
if gone(ep) then return answer('gone') end
if paused() then -- still due: resuming enqueues it again
  redis.call('HINCRBY', JOB, 'tq', 1) -- see `turnAway`
  return answer('none')
end
local cs, cb = int('cs'), int('cb')
local batches = {}
if get('st') == 'running' then
  while #batches < limit do
    local batch = load(BAT, cs .. '.' .. (cb + #batches))
    if not batch or batch.st ~= 'done' then break end
    batches[#batches + 1] = { frames = batch.frames, ranges = batch.ranges }
  end
end
if #batches == 0 then
  set('tst', 'idle')
  settle()
  return answer('none')
end
return answer('run', {
  cs = cs, cb = cb, ck = get('ck'), ord = int('ord'), batches = batches,
  roll = get('roll'), parts = redis.call('LLEN', PARTS),
})
