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
if redis.call('XACK', KEYS[1], ARGV[1], ARGV[2]) == 0 then return 0 end
redis.call('XDEL', KEYS[1], ARGV[2])
redis.call('DECRBY', KEYS[4], ARGV[3])
local at = ARGV[5] .. ' ' .. ARGV[2]
local cursor = '0'
repeat
  local page = redis.call('HSCAN', KEYS[3], cursor, 'COUNT', 500)
  cursor = page[1]
  for i = 1, #page[2], 2 do
    if page[2][i + 1] == at then redis.call('HDEL', KEYS[3], page[2][i]) end
  end
until cursor == '0'
local entry = {'reason', ARGV[4], 'stream', ARGV[5], 'id', ARGV[2]}
for i = 7, #ARGV do entry[#entry + 1] = ARGV[i] end
redis.call('XADD', KEYS[2], 'MAXLEN', '~', ARGV[6], '*', unpack(entry))
return 1
`
