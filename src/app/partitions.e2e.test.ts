import { appendFile, readdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import type { Oracle } from '../../load/generate/oracle.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { copyDeclarations } from '../../load/test/declarations.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'
import type { PartitionReport } from '../retention/read-partitions.js'

const LINES = 10_000
/** From 2024-01-15T00:00:00Z on: a day and a bit. */
const EVENTS_PER_SECOND = 0.1
const DAY = '2024-01-15'
const dayMs = 86_400_000

let pipeline: TestPipeline
let oracle: Oracle
let logs: string
let declarations: string
let cold: string
beforeEach(async () => {
  const directory = await temporaryDirectory()
  logs = join(directory, 'logs')
  cold = join(directory, 'cold')
  oracle = await writeLogs(
    { seed: 43, lines: LINES, files: 3, hostilePercent: 5, eventsPerSecond: EVENTS_PER_SECOND },
    { directory: logs },
  )
  declarations = await copyDeclarations()
  pipeline = await createTestPipeline({
    env: {
      SLUICE_LOG_TYPES_DIRECTORY: declarations,
      SLUICE_RETENTION_DIRECTORY: cold,
      SLUICE_RETENTION_EVERY_MS: '1000',
    },
  })
  await pipeline.ingest([logs])
})

/** Every day up to 15 January 2024 is over, the next one is not. */
async function declareRetention(logType: string, then: string): Promise<void> {
  const days = Math.floor(Date.now() / dayMs) - Date.parse('2024-01-16') / dayMs
  await appendFile(join(declarations, `${logType}.yaml`), `\nretention: { days: ${days}, then: ${then} }\n`)
}

async function json<T>(args: string[]): Promise<T> {
  const exit = await pipeline.sluice([...args, '--json'])
  expect(exit, exit.stderr).toMatchObject({ code: 0 })
  return JSON.parse(exit.stdout) as T
}
const partitions = (logType: string) => json<PartitionReport[]>(['partitions', '--type', logType])
const states = async (logType: string) =>
  (await partitions(logType))
    .filter(({ day }) => day !== null && day < '2025')
    .map(({ day, state }) => [day, state])

const rows = async (table: string) =>
  (await pipeline.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${table}`))[0]!.n

test('days expire, the proof balances, and what was exported comes back as it was', async () => {
  await declareRetention('firewall', 'export')
  await declareRetention('dns', 'detach')
  const before = { firewall: await rows('firewall_logs'), dns: await rows('dns_logs') }
  const due = await json<{ logType: string; day: string }[]>(['partitions', 'apply', '--dry-run'])
  const dueOf = (logType: string) => due.filter((one) => one.logType === logType).map(({ day }) => day)
  expect(dueOf('firewall')).toContain(DAY)
  // Hostile times, which are in the default partition.
  expect(dueOf('dns')).toEqual(expect.arrayContaining(['0001-01-01', DAY]))
  expect(dueOf('auth')).toEqual([])
  await json(['partitions', 'apply'])

  for (const [logType, state] of [
    ['firewall', 'exported'],
    ['dns', 'detached'],
  ] as const) {
    const expired = dueOf(logType).map((day) => [day, state])
    expect(await states(logType)).toEqual([['2024-01-16', 'attached'], ...expired])
  }
  const gone = before.firewall - (await rows('firewall_logs')) + before.dns - (await rows('dns_logs'))
  expect(gone).toBeGreaterThan(LINES / 2)
  expect(await pipeline.expectBalanced(oracle.totals.lines)).toMatchObject({ expired: gone })

  const exit = await pipeline.sluice(['reprocess', '--type', 'firewall', '--from', DAY, '--to', '2024-01-16'])
  expect(exit).toMatchObject({ code: 1 })
  expect(exit.stdout + exit.stderr).toMatch(/rows of 2024-01-15 have expired/)

  for (const { logType, day } of due) await json(['partitions', 'restore', '--type', logType, '--day', day])
  expect(await pipeline.expectOracle(oracle)).toMatchObject({ expired: 0 })
  const attached = await states('dns')
  expect(attached).toContainEqual([DAY, 'attached'])
  // No partitions for days outside of the window.
  expect(attached.filter(([day]) => day! < '2000')).toEqual([])
  // They were restored on purpose.
  expect(await json(['partitions', 'apply'])).toEqual([])
  await pipeline.expectOracle(oracle)
})

test('a service expires days by itself, late lines of them too, and makes partitions ahead', async () => {
  await declareRetention('firewall', 'drop')
  expect(await pipeline.sluice(['migrate'])).toMatchObject({ code: 0 })
  await pipeline.startRole('parser')
  await pipeline.startRole('indexer')
  await pollUntil('the day is dropped', async () =>
    (await states('firewall')).some(([, state]) => state === 'dropped'),
  )
  const { expired } = await pipeline.expectBalanced(oracle.totals.lines)

  const late = join(logs, 'late.log')
  const line = '2024-01-15T10:23:45.123Z|action=accept|src=10.9.9.9|dst=10.0.0.50|proto=TCP|dst_port=443'
  await writeFile(late, `${line}\n${line}\n`)
  await pipeline.startRole('reader', [logs])
  await pollUntil('the late lines expire', async () => {
    const dropped = (await partitions('firewall')).filter(({ state }) => state === 'dropped')
    return dropped.reduce((sum, one) => sum + (one.rows ?? 0), 0) === expired + 2
  })
  expect(await pipeline.expectBalanced(oracle.totals.lines + 2)).toMatchObject({ expired: expired + 2 })

  const today = Math.floor(Date.now() / dayMs)
  const ahead = [0, 1, 2].map((n) => new Date((today + n) * dayMs).toISOString().slice(0, 10))
  for (const type of ['firewall', 'dns', 'auth']) {
    const found = (await partitions(type)).filter(
      ({ day, rows }) => day !== null && day > '2025' && rows === 0,
    )
    expect(found.map(({ day }) => day)).toEqual(ahead)
    // Nobody has built indexes into which every row would have to be put.
    const indexes = await pipeline.query<{ n: number }>(
      `SELECT count(*)::int AS n FROM pg_index WHERE indrelid = '${found[0]!.table}'::regclass`,
    )
    expect(indexes).toEqual([{ n: 1 }])
  }
})

test.each(['retention.file-written', 'retention.file-renamed', 'retention.day-dropped'])(
  'an export that is killed loses nothing, and goes on when it is repeated: %s',
  async (step) => {
    const args = ['partitions', 'export', '--type', 'firewall', '--before', '2024-01-16']
    const killed = await pipeline.sluice(args, { SLUICE_LIFECYCLE_FAILPOINTS: `${step}=kill` })
    expect(killed).toMatchObject({ signal: 'SIGKILL' })
    const { expired } = await pipeline.expectBalanced(oracle.totals.lines)
    expect(expired).toBeGreaterThan(0)
    // PostgreSQL notices the end of the dead session, and gives its lock to the next.
    await pollUntil('the export is done', async () => {
      await json(args)
      return (await states('firewall')).some(([, state]) => state === 'exported')
    })
    const files = await readdir(join(cold, 'firewall_logs'))
    expect(files).toEqual([expect.stringMatching(/^firewall_logs_2024-01-15_[0-9a-f]{8}\.parquet$/)])
    expect(await pipeline.expectBalanced(oracle.totals.lines)).toMatchObject({ expired })

    const restore = ['partitions', 'restore', '--type', 'firewall', '--day', DAY]
    const again = await pipeline.sluice(restore, {
      SLUICE_LIFECYCLE_FAILPOINTS: 'retention.day-restored=kill',
    })
    expect(again).toMatchObject({ signal: 'SIGKILL' })
    expect(await pipeline.expectBalanced(oracle.totals.lines)).toMatchObject({ expired })
    await pollUntil('the day is restored', async () => (await pipeline.sluice(restore)).code === 0)
    await pipeline.expectOracle(oracle)
  },
)

test('what would lose rows by mistake is refused', async () => {
  const refused = async (...args: string[]) => (await pipeline.sluice(['partitions', ...args])).stderr
  expect(await refused('drop', '--type', 'dns', '--day', DAY)).toMatch(/SLUICE_CONFIRMATION_REQUIRED/)
  expect(await refused('drop', '--type', 'dns', '--yes')).toMatch(/--day or --before/)
  expect(await refused('drop', '--type', 'nobody', '--day', DAY, '--yes')).toMatch(/no such log type/)
  expect(await refused('drop', '--type', 'dns', '--day', '2024-02-30', '--yes')).toMatch(/expected/)
  expect(await refused('restore', '--type', 'dns', '--day', DAY)).toMatch(/nothing of dns/)
  const noPlace = await pipeline.sluice(['partitions', 'export', '--type', 'dns', '--day', DAY], {
    SLUICE_RETENTION_DIRECTORY: '',
  })
  expect(noPlace.stderr).toMatch(/no place for the files/)
  const firewall = join(declarations, 'firewall.yaml')
  await writeFile(firewall, `${await readFile(firewall, 'utf8')}\nretention: { days: 30 }\n`)
  expect((await pipeline.sluice(['log-types', 'check'])).stderr).toMatch(/retention\.then/)
})
