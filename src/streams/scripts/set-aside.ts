import { forgetEntry } from './forget-entry.js'

/**
 * Moves an entry that cannot be opened to the dead stream, whole. Its batch is then in no stream, so the reader
 * publishes it again from the file. The dead stream keeps the newest entries only: it is evidence, the lines
 * themselves are in their file.
 *
 * KEYS 1 stream · 2 dead stream · 3 batches (hash) · 4 bytes
 * ARGV 1 group · 2 entry id · 3 entry's bytes · 4 reason · 5 "raw" or "rows" · 6 how many dead entries to keep ·
 *      then the entry's fields and values
 * Returns 1 set aside, 0 somebody else took care of it
 */
export const setAside = `#!lua flags=allow-oom
${forgetEntry}
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('DECRBY', KEYS[4], ARGV[3])
forget(KEYS[3], ARGV[5] .. ' ' .. ARGV[2])
local entry = {'reason', ARGV[4], 'stream', ARGV[5], 'id', ARGV[2]}
for i = 7, #ARGV do entry[#entry + 1] = ARGV[i] end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', unpack(entry))
return 1
`
