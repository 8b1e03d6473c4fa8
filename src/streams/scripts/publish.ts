/**
 * Publishes a batch unless it is in a stream already, so that publishing again is cheap and harmless.
 *
 * KEYS 1 raw stream · 2 rows stream · 3 batches (hash) · 4 bytes
 * ARGV 1 batch hash · 2 meta · 3 body
 * Returns {added 0|1, entries in both streams, bytes in both streams}
 *
 * No `allow-oom`: a full Redis refuses it, and the reader waits.
 */
export const publish = `#!lua
local at = redis.call('HGET', KEYS[3], ARGV[1])
local added = 0
local live = false
if at then
  local stream, id = string.match(at, '^(%a+) (%d+%-%d+)$')
  if stream == 'raw' then live = #redis.call('XRANGE', KEYS[1], id, id) > 0 end
  if stream == 'rows' then live = #redis.call('XRANGE', KEYS[2], id, id) > 0 end
end
if not live then
  local id = redis.call('XADD', KEYS[1], '*', 'meta', ARGV[2], 'body', ARGV[3])
  redis.call('HSET', KEYS[3], ARGV[1], 'raw ' .. id)
  redis.call('INCRBY', KEYS[4], #ARGV[2] + #ARGV[3])
  added = 1
end
return {added, redis.call('XLEN', KEYS[1]) + redis.call('XLEN', KEYS[2]),
        tonumber(redis.call('GET', KEYS[4]) or '0')}
`
