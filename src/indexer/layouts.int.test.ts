import { beforeAll, expect, it } from 'vitest'
import { testPool } from '../../load/test/recorded-text.js'
import { testDatabase } from '../../load/test/test-database.js'
import { migrateSchema } from '../app/schema.js'
import { type LogType, leadingColumns } from '../log-types/log-type.js'
import { loadLogTypes } from '../log-types/registry.js'
import { UnopenableEntryError } from '../streams/envelope.js'
import { Layouts } from './layouts.js'

let layouts: Layouts
let dns: LogType
beforeAll(async () => {
  const pool = testPool(await testDatabase())
  const { types } = await loadLogTypes('config/log-types')
  await migrateSchema(pool, types)
  await pool.query('ALTER TABLE public.dns_logs ADD COLUMN ttl integer')
  dns = types.find(({ name }) => name === 'dns')!
  const telemetry = { postgresOutage() {}, postgresRecovered() {} }
  layouts = new Layouts({ pool, telemetry, stop: new AbortController().signal })
})

const ask = (columns: readonly string[] | undefined, type: LogType | undefined = dns) =>
  layouts.copyColumnsOf(type, { copyLayout: 'another', ...(columns && { columns: [...columns] }) })
const names = (columns: readonly string[]) => columns.map((column) => column.slice(0, column.indexOf(' ')))

it('rows of its own layout are written as the declaration has them', async () => {
  expect(await layouts.copyColumnsOf(dns, { copyLayout: dns.copyLayout })).toBeUndefined()
  expect(await layouts.copyColumnsOf(undefined, { copyLayout: '' })).toBeUndefined()
})

it('rows of a newer or an older declaration are written to the columns that they name', async () => {
  const newer = ['ttl integer', ...dns.columnTypes]
  expect(await ask(newer)).toEqual([...leadingColumns, ...names(newer), 'extra'])
  const older = dns.columnTypes.filter((column) => !column.startsWith('response_code '))
  const isRequired = dns.columns.find(({ name }) => name === 'response_code')!.required
  if (isRequired) await expect(ask(older)).rejects.toThrow(UnopenableEntryError)
  else expect(await ask(older)).toEqual([...leadingColumns, ...names(older), 'extra'])
})

it.each<[string, (columns: readonly string[]) => readonly string[] | undefined]>([
  ['that do not say which columns they have', () => undefined],
  ['with a column that the table lacks', (columns) => [...columns, 'flags text']],
  ['with a column of another type', (columns) => [...columns, 'ttl bigint']],
  ['with a column twice', (columns) => [...columns, columns[1]!]],
  ['with a column of Sluice itself', (columns) => [...columns, 'source_id integer']],
  ['without a time', (columns) => columns.filter((column) => !column.startsWith('timestamp '))],
  ['without a required column', (columns) => columns.filter((column) => !column.startsWith('client_ip '))],
  ['with what is no name', (columns) => [...columns, 'x) FROM PROGRAM text']],
])('rows %s are parsed again', async (_, change) => {
  await expect(ask(change(dns.columnTypes))).rejects.toThrow(UnopenableEntryError)
})
