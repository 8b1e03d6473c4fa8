import { expect, it } from 'vitest'
import { declareColumn } from '../../../load/test/encode-value.js'
import { testPool } from '../../../load/test/recorded-text.js'
import { testDatabase } from '../../../load/test/test-database.js'
import { copyTuples } from '../../postgres/copy.js'
import { CopyWriter } from '../../postgres/copy-writer.js'
import { readTuple, tupleOffsets } from '../../postgres/read-tuple.js'
import { declarationSchema } from '../declaration/declaration.js'
import { DeclaredLogType } from '../declared-log-type.js'
import { LineSource } from '../line/line-source.js'
import { createTableSql, logsViewSql } from '../tables/ddl.js'
import { ColumnContext } from './column-context.js'
import { createColumn } from './create-column.js'
import { encodeColumn } from './encode-column.js'
import { readValue } from './read-value.js'
import { sqlTypeOf } from './sql-type.js'

const pool = testPool(await testDatabase())

let state = 20_240_115
function below(limit: number): number {
  state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
  return Math.floor((state / 4_294_967_296) * limit)
}
function hex(digits: number): string {
  return Array.from({ length: digits }, () => below(16).toString(16)).join('')
}
function times<Value>(count: number, make: () => Value): Value[] {
  return Array.from({ length: count }, make)
}

/**
 * Encodes the texts, COPYs them, and has the server say what came: `value` is what it stored, `given` the text as the
 * server itself reads it with `cast`. `same` compares the two, `text` shows the value.
 */
async function roundTrip(
  keys: { readonly type: string },
  texts: readonly string[],
  { cast = '', same = 'value = given', text = 'value::text', zone = '' },
): Promise<void> {
  const declared = declareColumn(keys)
  const type = sqlTypeOf(declared.type)
  const column = createColumn(declared, false, new ColumnContext(undefined, zone || undefined))
  const writer = new CopyWriter()
  for (const one of texts) {
    const bytes = Buffer.from(one)
    writer.beginTuple(2)
    writer.writeText(one)
    const refusal = encodeColumn(column, bytes, 0, bytes.length, writer, { timestampMs: 0 })
    if (refusal !== undefined) throw new Error(`${one}: ${refusal.detail}`)
  }
  const tuples = writer.take()
  const client = await pool.connect()
  try {
    await client.query(`CREATE TEMP TABLE one (text text, value ${type})`)
    await copyTuples(client, { schema: 'pg_temp', name: 'one' }, ['text', 'value'], [tuples])
    const { rows } = await client.query<{ text: string; shown: string; same: boolean }>(
      `SELECT text, ${text} AS shown, ${same} AS same
       FROM (SELECT text, value, (${cast || `text::${type}`}) AS given FROM one) AS read`,
    )
    expect(rows).toHaveLength(texts.length)
    expect(rows.filter((row) => !row.same)).toEqual([])
    const offsets = tupleOffsets(tuples)
    rows.forEach(({ shown, text: one }, index) => {
      expect(one).toBe(texts[index])
      const field = readTuple(tuples, offsets[index]!)[1]
      // Read back here and shown by the server: the same text.
      if (shown !== '') expect(field && readValue(type, field)).toBe(shown)
    })
    await client.query('DROP TABLE one')
  } finally {
    client.release()
  }
}

it('smallint, boolean and enum are what the server reads', async () => {
  await roundTrip({ type: 'smallint' }, ['0', '-32768', '32767', ...times(50, () => `${below(32_767)}`)], {})
  const words = ['true', 'T', 'yes', 'Y', 'on', '1', 'FALSE', 'f', 'no', 'n', 'OFF', '0']
  await roundTrip({ type: 'boolean' }, words, {})
  await roundTrip({ type: 'enum', values: ['ä', 'b'] } as { type: string }, ['ä', 'b'], {})
})

it('doubles are the same to the last bit', async () => {
  const boundaries = [
    '0',
    '-0',
    '5e-324',
    '2.2250738585072014e-308',
    '1.7976931348623157e308',
    '-1e22',
    '1e23',
  ]
  const exact = ['9007199254740993', '0.1', '123456789012345e22', '999999999999999e-22', '.5', '2.', '+3e+0']
  const random = times(3000, () => `${below(2) ? '-' : ''}${below(1e9)}.${below(1e9)}e${below(600) - 300}`)
  await roundTrip({ type: 'double' }, [...boundaries, ...exact, ...random], {
    same: 'float8send(value) = float8send(given)',
    text: "''",
  })
})

it('macaddr, uuid and cidr are what the server reads', async () => {
  const macs = times(300, () => hex(12)).flatMap((mac) => [
    mac,
    mac.match(/../g)!.join(':'),
    mac.toUpperCase().match(/../g)!.join('-'),
    mac.match(/..../g)!.join('.'),
  ])
  await roundTrip({ type: 'macaddr' }, ['00:00:00:00:00:00', 'ff:ff:ff:ff:ff:ff', ...macs], {})
  const uuids = times(300, () => hex(32)).flatMap((uuid) => {
    const parts = uuid.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
    return [uuid, parts, `{${parts.toUpperCase()}}`, `{${uuid}}`]
  })
  await roundTrip({ type: 'uuid' }, ['0'.repeat(32), 'f'.repeat(32), ...uuids], {})
  const networks = times(500, () => {
    const bits = below(33)
    const address = (((below(65_536) << 16) | below(65_536)) & (bits === 0 ? 0 : -1 << (32 - bits))) >>> 0
    return `${[24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join('.')}/${bits}`
  })
  await roundTrip({ type: 'cidr' }, ['0.0.0.0/0', '255.255.255.255/32', '192.0.2.1', ...networks], {})
  const wide = times(300, () => `${times(4, () => hex(4)).join(':')}::/${64 + below(65)}`)
  await roundTrip({ type: 'cidr' }, ['::/0', '::1', '2001:db8::/32', 'fe80::/10', ...wide], { text: "''" })
})

it('jsonb and arrays are what the server reads', async () => {
  const value = (depth: number): unknown => {
    const kind = below(depth > 4 ? 5 : 7)
    if (kind === 0) return below(2) === 0
    if (kind === 1) return null
    if (kind === 2) return (below(1e9) - 5e8) / 10 ** below(12)
    if (kind < 5) return String.fromCodePoint(...times(below(8), () => 1 + below(0xd7fe)))
    if (kind === 5) return times(below(5), () => value(depth + 1))
    return Object.fromEntries(times(below(5), () => [`k${below(100)}`, value(depth + 1)]))
  }
  const texts = times(1000, () => JSON.stringify(value(0), null, below(3)))
  const odd = [
    '1e1000',
    '-1E-1000',
    '"\\ud83d\\ude00\\u0001"',
    '{"a":1,"a":2}',
    `${'['.repeat(100)}${']'.repeat(100)}`,
  ]
  await roundTrip({ type: 'jsonb' }, [...odd, ...texts], { text: "''" })

  const text = 'array_to_json(value)::text'
  const split = (name: string) => `string_to_array(text, ',')::${name}`
  const comma = (type: string) => ({ type, separator: ',' })
  await roundTrip(
    comma('integer[]'),
    ['0', '-2147483648,2147483647', ...times(50, () => times(9, () => below(1e9)).join())],
    { cast: split('integer[]'), text },
  )
  await roundTrip(comma('bigint[]'), ['-9223372036854775808,9223372036854775807', '9007199254740993'], {
    cast: split('bigint[]'),
    text,
  })
  await roundTrip(comma('text[]'), ['a,b', 'ä\\,"x"', 'NULL'], { cast: split('text[]'), text })
  await roundTrip(comma('inet[]'), ['192.0.2.1,10.0.0.1'], { cast: split('inet[]'), text })
  await roundTrip({ type: 'text[]' }, ['["a","b"]', '[]', '[null,"\\u00e4\\n"]', '["x",1.50,true]'], {
    cast: 'ARRAY(SELECT jsonb_array_elements_text(text::jsonb))',
    text,
  })
})

it('local times are what the server makes of them in their zone', async () => {
  for (const zone of ['Europe/Berlin', 'America/New_York', 'Australia/Lord_Howe', 'Asia/Kolkata', 'UTC']) {
    // Clocks change at night; of an hour that comes twice, the server takes the other one.
    const local = times(400, () => {
      const day = new Date(Date.UTC(1970, 0, 1) + below(25_000) * 86_400_000).toISOString().slice(0, 10)
      const time = `${String(4 + below(20)).padStart(2, '0')}:${String(below(60)).padStart(2, '0')}`
      return `${day} ${time}:${String(below(60)).padStart(2, '0')}.${String(below(1e6)).padStart(6, '0')}`
    })
    await roundTrip({ type: 'timestamptz' }, local, {
      cast: `text::timestamp AT TIME ZONE '${zone}'`,
      text: `to_char(value AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`,
      zone,
    })
  }
  const epochs = times(500, () => `${below(4_000_000_000)}.${String(below(1e6)).padStart(6, '0')}`)
  await roundTrip(
    { type: 'timestamptz', formats: ['epoch-s'] } as { type: string },
    ['0', '-1.5', ...epochs],
    {
      cast: "timestamptz 'epoch' + text::numeric * interval '1 second'",
      text: "''",
    },
  )
})

it('a table and the view logs have columns of every type', async () => {
  const text = '2024-01-15 10:23:45|b=yes|d=1.5|s=7|n=10.0.0.0/8|m=08002b010203|e=a|j={"x":null}|t=p;q|i=1;2'
  const type = new DeclaredLogType(
    declarationSchema.parse({
      name: 'odd',
      version: 1,
      table: 'odd_logs',
      timezone: 'Europe/Berlin',
      detect: ['2'],
      format: { kind: 'key-value', head: '{timestamp}|', pairs: { separator: '|', assign: '=' } },
      columns: [
        { name: 'timestamp', type: 'timestamptz', required: true },
        { name: 'b', type: 'boolean' },
        { name: 'd', type: 'double' },
        { name: 's', type: 'smallint' },
        { name: 'n', type: 'cidr' },
        { name: 'm', type: 'macaddr' },
        { name: 'u', type: 'uuid', default: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11' },
        { name: 'e', type: 'enum', values: ['a', 'b'] },
        { name: 'j', type: 'jsonb' },
        { name: 't', type: 'text[]', separator: ';' },
        { name: 'i', type: 'integer[]', separator: ';' },
        { name: 'k', type: 'jsonb' },
      ],
    }),
  )
  const line = Buffer.from(text)
  const writer = new CopyWriter()
  writer.beginRow(type.copyColumns.length, 1, 0, 1)
  const refusal = type.encodeLine(new LineSource(line, false), 0, line.length, writer, { timestampMs: 0 })
  expect(refusal).toBeUndefined()
  const client = await pool.connect()
  try {
    await client.query('CREATE SCHEMA IF NOT EXISTS sluice_partitions; CREATE SCHEMA IF NOT EXISTS sluice')
    await client.query("CREATE TABLE sluice.sources AS SELECT 1 AS source_id, '/log'::text AS path")
    await client.query(createTableSql(type))
    await client.query(logsViewSql([type]))
    await copyTuples(client, { schema: 'public', name: 'odd_logs' }, type.copyColumns, [writer.take()])
    const { rows } = await client.query('SELECT raw_line, parsed_data FROM logs')
    expect(rows).toEqual([
      {
        raw_line:
          '2024-01-15T09:23:45.000Z|b=true|d=1.5|s=7|n=10.0.0.0/8|m=08:00:2b:01:02:03|u=a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11|e=a|j={"x": null}|t=["p","q"]|i=[1,2]',
        parsed_data: {
          timestamp: '2024-01-15T09:23:45.000Z',
          b: true,
          d: 1.5,
          s: 7,
          n: '10.0.0.0/8',
          m: '08:00:2b:01:02:03',
          u: 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11',
          e: 'a',
          j: { x: null },
          t: ['p', 'q'],
          i: [1, 2],
        },
      },
    ])
  } finally {
    client.release()
  }
})
