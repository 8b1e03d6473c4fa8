import { readFile, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, expect, test } from 'vitest'
import type { Oracle } from '../../load/generate/oracle.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { copyDeclarations } from '../../load/test/declarations.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'

const LINES = 10_000
const CHUNK_LINES = 200
const WINDOW = ['--from', '2024-01-15', '--to', '2024-03-01']
const FIREWALL = ['reprocess', '--type', 'firewall', ...WINDOW]

let pipeline: TestPipeline
let directory: string
let logs: string
let oracle: Oracle
let declarations: string
let declaration: string
let right: string
/** All lines are indexed, by a declaration of the firewall type that takes one address for the other. */
beforeEach(async () => {
  directory = await temporaryDirectory()
  logs = join(directory, 'logs')
  oracle = await writeLogs({ seed: 41, lines: LINES, files: 3, hostilePercent: 1 }, { directory: logs })
  declarations = await copyDeclarations()
  declaration = join(declarations, 'firewall.yaml')
  right = await readFile(declaration, 'utf8')
  const wrong = right
    .replace('from: src,', 'from: <>,')
    .replace('from: dst,', 'from: src,')
    .replace('<>', 'dst')
  expect(wrong).toMatch(/src_ip, from: dst,[\s\S]*dst_ip, from: src,/)
  await writeFile(declaration, wrong)
  pipeline = await createTestPipeline({
    env: { SLUICE_LOG_TYPES_DIRECTORY: declarations, SLUICE_READER_CHUNK_LINES: `${CHUNK_LINES}` },
  })
  await pipeline.ingest([logs])
  await writeFile(declaration, right.replace('version: 1\n', 'version: 2\n'))
})

interface Result {
  batches: number
  swapped: number
  alreadyDone: number
  refused: number
  resumed: boolean
  refusals: { path: string; start: number; end: number }[]
  changes: Record<string, number>
}

async function reprocess(args: readonly string[] = [], code = 0): Promise<Result> {
  const exit = await pipeline.sluice([...FIREWALL, ...args, '--json'])
  expect(exit, exit.stderr).toMatchObject({ code })
  return JSON.parse(exit.stdout) as Result
}

const count = async (sql: string) =>
  (await pipeline.query<{ n: number }>(`SELECT count(*)::int AS n FROM ${sql}`))[0]!.n
const rows = () => count('firewall_logs')
const oldRows = () => count('firewall_logs WHERE parser_version = 1')
const swappedBatches = () => count('sluice.batches WHERE reprocessed_at IS NOT NULL')

test('rows that a wrong declaration made are those of the mended one afterwards, however often', async () => {
  const dryRun = await reprocess(['--dry-run'])
  // Of a few lines both addresses are the same.
  expect(dryRun.changes.changed! + dryRun.changes.same!).toBe(await rows())
  expect(dryRun.changes).toMatchObject({ toRow: 0, toDeadLetter: 0, moved: 0 })
  expect(dryRun.changes.changed).toBeGreaterThan(LINES / 3)
  expect(await swappedBatches()).toBe(0)

  for (let time = 0; time < 2; time++) {
    expect(await reprocess()).toMatchObject({ swapped: dryRun.batches, alreadyDone: 0, refused: 0 })
    await pipeline.expectOracle(oracle)
    expect(await oldRows()).toBe(0)
  }
  expect((await reprocess(['--dry-run'])).changes).toMatchObject({ changed: 0, same: await rows() })
  expect(await reprocess(['--older-than', '2'])).toMatchObject({ batches: 0 })
  // The files are what they were: nothing of it looks new to the reader.
  expect(await pipeline.ingest([logs])).toMatchObject({ newLines: 0 })
})

test('killed in the middle, every line is there once, and the same command goes on', async () => {
  for (const [signal, code] of [
    ['SIGKILL', null],
    ['SIGINT', 130],
  ] as const) {
    const before = await swappedBatches()
    const running = pipeline.start([...FIREWALL, '--json'])
    await pollUntil('some batches are swapped', async () => (await swappedBatches()) > before + 5, {
      intervalMs: 5,
    })
    expect(await running.kill(signal)).toMatchObject({ code })
    await pipeline.expectBalanced(LINES)
    expect(await oldRows()).toBeGreaterThan(0)
  }
  const [first, second] = await Promise.all([reprocess(), reprocess()])
  expect(first.resumed || second.resumed).toBe(true)
  expect(Math.max(first.alreadyDone, second.alreadyDone)).toBeGreaterThan(10)
  expect(await oldRows()).toBe(0)
  await pipeline.expectOracle(oracle)
})

test('what is in files that are gone stays as it is, until they are found', async () => {
  const [a, b, c] = ['logs_0000.log', 'logs_0001.log', 'logs_0002.log'].map((name) => join(logs, name)) as [
    string,
    string,
    string,
  ]
  const archive = join(await temporaryDirectory(), 'archive')
  const compressed = gzipSync(await readFile(a))
  await rm(a)
  await rename(b, `${directory}/moved`)
  // Another file has its name now.
  await writeFile(b, 'something else\n')

  const result = await reprocess([], 1)
  // By source id, and which of two files opened at once gets the lower one is open.
  expect(result.refusals.map(({ path }) => path).sort()).toEqual([a, b].sort())
  expect(result.swapped + result.refused).toBe(result.batches)
  expect(result.swapped).toBeGreaterThan(10)
  await pipeline.expectBalanced(LINES)
  const refusedBefore = result.refused

  const { stderr, stdout } = await pipeline.sluice([...FIREWALL, '--search', `${directory}/moved`])
  expect(stderr).toContain('error SLUICE_REPROCESS_INCOMPLETE: ')
  expect(stdout).toContain(`refused: ${a}, bytes 0 to `)
  expect(stdout).toContain(`  ${a}: no such file`)
  expect(stdout).not.toContain(`refused: ${b}`)
  await writeFile(`${archive}.gz`, compressed)
  const rest = await reprocess(['--search', `${archive}*`])
  expect(rest).toMatchObject({ refused: 0, resumed: true })
  expect(rest.swapped).toBeLessThan(refusedBefore)
  expect(await oldRows()).toBe(0)
  await writeFile(a, '')
  await rm(b)
  expect(c).not.toBe(a)
  await pipeline.expectOracle(oracle)
})

test('while the pipeline indexes other files, both come out right', async () => {
  const later = join(directory, 'later')
  const more = await writeLogs({ seed: 42, lines: LINES, files: 2, hostilePercent: 1 }, { directory: later })
  await pipeline.startRole('all', [later])
  // The same days, so the same partitions; and what comes meanwhile is parsed again as well.
  do await reprocess()
  while ((await pipeline.committedLines()) < 2 * LINES)
  await reprocess()
  expect(await oldRows()).toBe(0)
  expect(await pipeline.expectBalanced(2 * LINES)).toMatchObject({
    indexed: oracle.totals.rows + more.totals.rows,
    deadLettered: oracle.totals.deadLettered + more.totals.deadLettered,
  })
})

test('lines that belong to another type today are rows of that type afterwards', async () => {
  await writeFile(
    join(declarations, 'accepted.yaml'),
    right
      .replace('name: firewall', 'name: accepted')
      .replace('order: 10', 'order: 5')
      .replace('firewall_logs', 'accepted_logs')
      .replace('firewall_sources_hourly', 'accepted_sources_hourly')
      .replace('{token}|{key}=', '{token}|{key}=accept|'),
  )
  expect(await pipeline.sluice(['migrate'])).toMatchObject({ code: 0 })
  const dryRun = await reprocess(['--dry-run'])
  expect(dryRun.changes.moved).toBeGreaterThan(LINES / 10)
  const before = await rows()
  await reprocess()
  expect(await count('accepted_logs')).toBe(dryRun.changes.moved)
  expect(await rows()).toBe(before - dryRun.changes.moved!)
  await pipeline.expectBalanced(LINES)
  expect(await pipeline.ingest([logs])).toMatchObject({ newLines: 0 })
  await pipeline.expectBalanced(LINES)
})
