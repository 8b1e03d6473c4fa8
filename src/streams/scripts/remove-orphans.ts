import { forgetEntry } from './forget-entry.js'

/**
 * Removes entries that were delivered and are pending with nobody: nobody will ever be given them. No stage leaves one
 * behind, but a person does who acknowledges by hand, removes a consumer that has work, or creates the group anew at
 * the stream's end. What is not in the ledger is then in no stream, so the reader publishes it again from the file.
 *
 * Only the oldest entries are looked at: what is alive moves on, so an orphan becomes one of them.
 *
 * KEYS 1 stream · 2 batches (hash) · 3 bytes
 * ARGV 1 group · 2 "raw" or "rows" · 3 how many entries to look at
 * Returns how many were removed
 */
export const removeOrphans = `#!lua flags=allow-oom
${forgetEntry}
if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
local delivered
for _, group in ipairs(redis.call('XINFO', 'GROUPS', KEYS[1])) do
  local value = {}
  for i = 1, #group, 2 do value[group[i]] = group[i + 1] end
  if value['name'] == ARGV[1] then delivered = value['last-delivered-id'] end
end
if not delivered then return 0 end
local removed = 0
for _, entry in ipairs(redis.call('XRANGE', KEYS[1], '-', delivered, 'COUNT', ARGV[3])) do
  local id, fields = entry[1], entry[2]
  if #redis.call('XPENDING', KEYS[1], ARGV[1], id, id, 1) == 0 then
    local bytes = 0
    for i = 2, #fields, 2 do bytes = bytes + #fields[i] end
    redis.call('XDEL', KEYS[1], id)
    redis.call('DECRBY', KEYS[3], bytes)
    forget(KEYS[2], ARGV[2] .. ' ' .. id)
    removed = removed + 1
  end
end
return removed
`
