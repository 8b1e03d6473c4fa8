/**
 * A parser's step from raw to rows, once: only who still holds the raw entry hands over; everybody else's result
 * is dropped. A parser that was stopped past the minimum idle time and woke up again loses here.
 *
 * KEYS 1 raw stream · 2 rows stream · 3 batches (hash) · 4 bytes
 * ARGV 1 group · 2 raw entry id · 3 raw entry's bytes · 4 batch hash · 5 meta · 6 rows · 7 dead · 8 body
 * Returns 1 handed over, 0 somebody else did
 *
 * allow-oom: the reader stops below the memory limit, but were it ever reached, refusing the hand-off would keep
 * both the raw entry and the work, and nothing would drain.
 */
export const handOff = `#!lua flags=allow-oom
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[2])
local id = redis.call('XADD', KEYS[2], '*', 'meta', ARGV[5], 'rows', ARGV[6], 'dead', ARGV[7], 'body', ARGV[8])
redis.call('HSET', KEYS[3], ARGV[4], 'rows ' .. id)
redis.call('INCRBY', KEYS[4], #ARGV[5] + #ARGV[6] + #ARGV[7] + #ARGV[8] - tonumber(ARGV[3]))
return 1
`
