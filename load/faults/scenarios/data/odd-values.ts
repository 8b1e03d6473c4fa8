import { ok } from 'node:assert/strict'
import { drawAuthEvent, expectAuthRow, renderAuthLine } from '../../../generate/auth.js'
import { drawDnsEvent, expectDnsRow, renderDnsLine } from '../../../generate/dns.js'
import {
  drawFirewallEvent,
  expectFirewallRow,
  type FirewallEvent,
  renderFirewallLine,
} from '../../../generate/firewall.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'
import type { Trial } from '../../trial.js'
import {
  contentOf,
  drawLines,
  expectContents,
  type KnownLine,
  knownDeadLetter,
  knownRow,
} from './known-lines.js'

const timestamp = '2024-01-15T10:23:45.123Z'
const maxPartitions = 16

export const oddValues: Scenario = {
  name: 'data-odd-values',
  faults: [58, 59, 60],
  compose: true,
  title:
    'Timestamps of every year from 1 to 9999, integers beyond what their column holds, fields that are missing, unknown, or named as what JavaScript objects inherit.',
  observe:
    '`sluice dead-letters list` has out_of_range, bad_integer and missing_field. `sluice_indexer_last_event_time_seconds` does not jump into the future. The number of partitions of a table stays below indexer.maxPartitions.',
  discuss:
    'A device with a broken clock reports from the year 2099. Should its lines be refused? What becomes of "newest event" on the dashboard, and of retention by partition?',
  recovery:
    'Nothing has to be recovered. Days outside the window, and days beyond indexer.maxPartitions, share one partition. An integer is compared digit by digit with what its column holds. Fields that the type does not know are kept in `extra` by their names, whatever these are.',
  async run(trial) {
    const contents = [
      { name: 'times.log', lines: timesOf(trial) },
      { name: 'integers.log', lines: integersOf(trial) },
      { name: 'fields.log', lines: fieldsOf(trial) },
      // After all that: nothing of it has stuck to anything.
      { name: 'ordinary.log', lines: drawLines(trial.seed, 300) },
    ]
    const env = { SLUICE_INDEXER_MAX_PARTITIONS: String(maxPartitions) }
    await trial.startRoles({ reader: 1, parser: 1 })
    const indexer = await trial.startRole('indexer', [], env)
    for (const { name, lines } of contents) await trial.writeLog(name, contentOf(lines))
    return expectContents(trial, contents, async () => {
      const partitions = await trial.query<{ table: string; n: number }>(
        'SELECT inhparent::regclass::text AS table, count(*)::int AS n FROM pg_inherits GROUP BY 1',
      )
      for (const { table, n } of partitions) ok(n <= maxPartitions + 5, `${table} has ${n} partitions`)
      const newest = await readMetric(indexer, 'sluice_indexer_last_event_time_seconds')
      ok(newest > 0 && newest <= Date.now() / 1000 + 3600, `the newest event is of ${newest}`)
    })
  },
}

function timesOf({ random }: Trial): KnownLine[] {
  const distant = [
    '0001-01-01',
    '1969-12-31',
    '1970-01-01',
    '2000-02-29',
    '2038-01-19',
    '2099-12-31',
    '9999-12-31',
  ]
  const days = Array.from({ length: 200 }, (_, n) =>
    new Date(Date.UTC(2001, n, 1 + (n % 28))).toISOString().slice(0, 10),
  )
  const rows = [...distant, ...days].map((day) => {
    const event = drawDnsEvent(random, `${day}T23:59:59.999Z`)
    return knownRow(renderDnsLine(event), expectDnsRow(event))
  })
  const impossible = ['0000-01-01', '10000-01-01', '2023-02-29'].map((day) =>
    knownDeadLetter(renderDnsLine(drawDnsEvent(random, `${day}T00:00:00.000Z`)), 'dns', 'bad_timestamp'),
  )
  return [...rows, ...impossible]
}

function integersOf({ random }: Trial): KnownLine[] {
  const firewall = drawFirewallEvent(random, timestamp)
  const auth = drawAuthEvent(random, timestamp)
  const largest = { ...firewall, srcPort: 65_535, dstPort: 0, bytesSent: 9_223_372_036_854_775_807n }
  // The first that a double cannot hold.
  const odd = { ...firewall, bytesSent: 9_007_199_254_740_993n }
  const pid = { ...auth, pid: 2_147_483_647 }
  const refused = (changes: Partial<FirewallEvent>, reason: string) =>
    knownDeadLetter(renderFirewallLine({ ...firewall, ...changes }), 'firewall', reason)
  return [
    knownRow(renderFirewallLine(largest), expectFirewallRow(largest)),
    knownRow(renderFirewallLine(odd), expectFirewallRow(odd)),
    knownRow(renderAuthLine(pid), expectAuthRow(pid)),
    refused({ bytesSent: '9223372036854775808' }, 'out_of_range'),
    refused({ bytesSent: `1${'0'.repeat(400)}` }, 'out_of_range'),
    refused({ bytesSent: '-1' }, 'out_of_range'),
    refused({ srcPort: '65536' }, 'out_of_range'),
    refused({ srcPort: '1e3' }, 'bad_integer'),
    refused({ dstPort: '0x50' }, 'bad_integer'),
    refused({ dstPort: 'Infinity' }, 'bad_integer'),
    knownDeadLetter(renderAuthLine({ ...auth, pid: '2147483648' }), 'auth', 'out_of_range'),
  ]
}

function fieldsOf({ random }: Trial): KnownLine[] {
  const draw = () => drawFirewallEvent(random, timestamp)
  const inherited = [
    '__proto__',
    'constructor',
    'prototype',
    'hasOwnProperty',
    'toString',
    'valueOf',
    '__defineGetter__',
  ]
  const unknown = [...inherited, 'admin', 'role'].map((key) => {
    const event: FirewallEvent = { ...draw(), unknown: [[key, '{"isAdmin":true}']] }
    return knownRow(renderFirewallLine(event), expectFirewallRow(event))
  })
  const all: FirewallEvent = { ...draw(), unknown: inherited.map((key) => [key, 'polluted'] as const) }
  const missing = ['action', 'src', 'dst', 'proto'].map((key) => {
    const fields = renderFirewallLine(draw()).split('|')
    const line = fields.filter((field) => !field.startsWith(`${key}=`)).join('|')
    return knownDeadLetter(line, 'firewall', 'missing_field')
  })
  const optional: FirewallEvent = {
    ...draw(),
    srcPort: null,
    dstPort: null,
    bytesSent: null,
    rule: null,
    unknown: [],
  }
  return [
    ...unknown,
    knownRow(renderFirewallLine(all), expectFirewallRow(all)),
    ...missing,
    knownRow(renderFirewallLine(optional), expectFirewallRow(optional)),
  ]
}
