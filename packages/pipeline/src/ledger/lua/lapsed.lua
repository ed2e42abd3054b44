-- lapsed(token): whoever took the task with this token lives, though its lock ran out. KEYS: task, lock of the task.
-- Invariant: what is not there is not made, and a lock that holds has not lapsed.
if redis.call('EXISTS', KEYS[1]) == 0 then return 'gone' end
if redis.call('GET', KEYS[2]) == ARGV[1] then return 'held' end
redis.call('HINCRBY', KEYS[1], 'lapsed', 1)
return 'ok'
