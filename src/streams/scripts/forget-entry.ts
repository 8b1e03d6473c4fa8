/** Lua, for scripts that remove an entry of which only the place is known: `forget(batches, "<stream> <entry id>")`. */
export const forgetEntry = `
local function forget(batches, at)
  local cursor = '0'
  repeat
    local page = redis.call('HSCAN', batches, cursor, 'COUNT', 500)
    cursor = page[1]
    for i = 1, #page[2], 2 do
      if page[2][i + 1] == at then redis.call('HDEL', batches, page[2][i]) end
    end
  until cursor == '0'
end
`
