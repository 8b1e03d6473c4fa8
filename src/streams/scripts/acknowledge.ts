/**
 * An indexer's end of a batch, after COMMIT: acknowledge, delete (XACK alone frees no memory), forget.
 * Acknowledging twice, or what somebody else acknowledged, does nothing.
 *
 * KEYS 1 raw stream · 2 rows stream · 3 batches (hash) · 4 bytes
 * ARGV 1 group · then a triple an entry: id, batch hash, the entry's bytes
 * Returns how many of the entries were still pending
 */
export const acknowledge = `#!lua flags=allow-oom
local acknowledged = 0
for i = 2, #ARGV, 3 do
  acknowledged = acknowledged + redis.call('XACK', KEYS[2], ARGV[1], ARGV[i])
  if redis.call('XDEL', KEYS[2], ARGV[i]) == 1 then
    redis.call('DECRBY', KEYS[4], ARGV[i + 2])
    if redis.call('HGET', KEYS[3], ARGV[i + 1]) == 'rows ' .. ARGV[i] then
      redis.call('HDEL', KEYS[3], ARGV[i + 1])
    end
  end
end
if redis.call('XLEN', KEYS[1]) + redis.call('XLEN', KEYS[2]) == 0 then redis.call('DEL', KEYS[4]) end
return acknowledged
`
