/**
 * Removes consumers with nothing pending. Removing one with pending entries would lose them to the group, so
 * the check and the removal are one step.
 *
 * KEYS 1 stream
 * ARGV 1 group · then consumer names
 * Returns how many were removed
 */
export const leave = `#!lua flags=allow-oom
local removed = 0
for i = 2, #ARGV do
  if #redis.call('XPENDING', KEYS[1], ARGV[1], '-', '+', 1, ARGV[i]) == 0 then
    redis.call('XGROUP', 'DELCONSUMER', KEYS[1], ARGV[1], ARGV[i])
    removed = removed + 1
  end
end
return removed
`
