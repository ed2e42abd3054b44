-- clockAdvance(tag): a decode with this tag has begun. Invariant: the site's clock never goes back. KEYS: clock.
if tonumber(ARGV[1]) > tonumber(redis.call('HGET', KEYS[1], 'now') or '0') then
  redis.call('HSET', KEYS[1], 'now', ARGV[1])
end
return 'ok'
