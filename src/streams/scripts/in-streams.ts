/**
 * Which batches are in a stream right now: named in the batches hash, and the entry named there exists.
 * A name without an entry (a stream was deleted, an append-only file lost its tail) is removed.
 *
 * KEYS 1 raw stream · 2 rows stream · 3 batches (hash)
 * ARGV batch hashes
 * Returns 0 or 1 for each
 */
export const inStreams = `#!lua flags=allow-oom
local found = {}
for i = 1, #ARGV do
  found[i] = 0
  local at = redis.call('HGET', KEYS[3], ARGV[i])
  if at then
    local stream, id = string.match(at, '^(%a+) (%d+%-%d+)$')
    local key = stream == 'raw' and KEYS[1] or KEYS[2]
    if id and #redis.call('XRANGE', key, id, id) > 0 then
      found[i] = 1
    else
      redis.call('HDEL', KEYS[3], ARGV[i])
    end
  end
end
return found
`
