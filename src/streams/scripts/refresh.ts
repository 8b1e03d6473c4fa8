/**
 * Keeps entries in work from being claimed: sets their idle time to zero, unless they were claimed already.
 * A plain XCLAIM to oneself would steal them back.
 *
 * KEYS 1 stream
 * ARGV 1 group · 2 consumer · then entry ids
 * Returns how many are still this consumer's
 */
export const refresh = `#!lua flags=allow-oom
local mine = 0
for i = 3, #ARGV do
  local pending = redis.call('XPENDING', KEYS[1], ARGV[1], ARGV[i], ARGV[i], 1)
  if #pending == 1 and pending[1][2] == ARGV[2] then
    redis.call('XCLAIM', KEYS[1], ARGV[1], ARGV[2], 0, ARGV[i], 'JUSTID')
    mine = mine + 1
  end
end
return mine
`
