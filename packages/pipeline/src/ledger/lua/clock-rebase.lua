-- clockRebase(base, fresh, at): priorities count from `fresh` from now on, where they counted from `base`. Whoever
-- does so moves the tasks that wait, and then deletes `moving`. Answers ok | late (another came first). KEYS: clock.
if tonumber(redis.call('HGET', KEYS[1], 'base') or '0') ~= tonumber(ARGV[1]) then return 'late' end
redis.call('HSET', KEYS[1], 'base', ARGV[2], 'moving', ARGV[3])
return 'ok'
