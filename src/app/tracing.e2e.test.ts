import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, generateLog, type RoleProcess } from '../../load/test/test-pipeline.js'

const LINES = 1000
const log = generateLog(93, LINES)

interface Entry {
  readonly role: string
  readonly message: string
  readonly logType?: string
  readonly source?: number
  readonly chunk?: string
  readonly batch?: string
  readonly traceId?: string
  readonly spanId?: string
  readonly parentSpanId?: string
}

async function createLogged() {
  const env = { SLUICE_READER_CHUNK_LINES: '200', SLUICE_LOG_LEVEL: 'debug' }
  const pipeline = await createTestPipeline({ isMigrated: true, env })
  const directory = await temporaryDirectory()
  const path = join(directory, 'some.log')
  await writeFile(path, log.text())
  return { pipeline, directory, path }
}

/** What an operator does: write the logs of all processes to files, and grep them for a trace id. */
async function grepLogs(traceId: string, directory: string, processes: RoleProcess[]): Promise<Entry[]> {
  const files = await Promise.all(
    processes.map(async (one) => {
      const file = join(directory, `${one.role}.json`)
      await writeFile(file, one.stderrLines().join('\n'))
      return file
    }),
  )
  const { stdout } = await promisify(execFile)('grep', ['-hF', traceId, ...files])
  return stdout
    .trim()
    .split('\n')
    .map((line): Entry => JSON.parse(line))
}

const steps = [
  ['reader', 'A batch was published.'],
  ['parser', 'A batch was parsed.'],
  ['parser', 'A parsed batch was handed over.'],
  ['indexer', 'A batch was committed.'],
] as const

/** The entries of one batch: the same names in all, each step the child of the one before. */
function expectFollowed(entries: readonly Entry[], batch: string): void {
  const ofBatch = entries.filter((entry) => entry.batch === batch)
  expect(ofBatch.map(({ role, message }) => [role, message])).toEqual(steps)
  const { logType, source, chunk, traceId } = ofBatch[0]!
  for (const entry of ofBatch) expect(entry).toMatchObject({ logType, source, chunk, batch, traceId })
  const [published, parsed, handedOver, committed] = ofBatch
  expect(parsed!.parentSpanId).toBe(published!.spanId)
  expect(handedOver!.parentSpanId).toBe(published!.spanId)
  expect(committed!.parentSpanId).toBe(parsed!.spanId)
}

test('a line leads to its trace id, and that through the logs of three processes', async () => {
  const { pipeline, directory, path } = await createLogged()
  const processes = [await pipeline.startRole('parser'), await pipeline.startRole('indexer')]
  processes.unshift(await pipeline.startRole('reader', [path]))
  await pipeline.waitForLines(LINES)
  const traced = await pipeline.sluice(['trace', 'line', path, '--number', '777'])
  const [, traceId = ''] = /trace id ([0-9a-f]{32})$/m.exec(traced.stdout) ?? []
  const [, batch = ''] = /^batch +\w+ ([0-9a-f]{64})$/m.exec(traced.stdout) ?? []
  await pollUntil(
    'the commit is logged',
    async () =>
      (await grepLogs(traceId, directory, processes)).filter(({ message }) => message === steps[3][1])
        .length === 3,
  )
  const entries = await grepLogs(traceId, directory, processes)
  expectFollowed(entries, batch)
  // The chunk, and its other batches, are the same trace; nothing else is.
  expect(entries.filter(({ message }) => message === 'A chunk was recorded.')).toHaveLength(1)
  expect(new Set(entries.map(({ chunk }) => chunk)).size).toBe(1)
})

test('with all roles in one command the log of that one has it all, also of what was published again', async () => {
  const { pipeline, directory, path } = await createLogged()
  const reader = await pipeline.startRole('reader', [path])
  await pollUntil('all is published', async () => {
    const lengths = await Promise.all(
      ['firewall', 'dns', 'auth'].map((type) => pipeline.redis.xlen(pipeline.key(type, 'raw'))),
    )
    return lengths.every((length) => length === 5)
  })
  await reader.kill('SIGTERM')
  for (const type of ['firewall', 'dns', 'auth']) {
    await pipeline.redis.del(pipeline.key(type, 'raw'), pipeline.key(type, 'batches'))
  }
  const all = await pipeline.startRole('all', [path])
  await pipeline.waitForLines(LINES)
  const before = reader.stderrLines().map((line): Entry => JSON.parse(line))
  const lost = before.find(({ message }) => message === 'A batch was published.')!
  await pollUntil('the commit is logged', async () =>
    all.stderrLines().some((line) => line.includes(lost.batch!) && line.includes(steps[3][1])),
  )
  const entries = await grepLogs(lost.traceId!, directory, [all])
  expectFollowed(entries, lost.batch!)
  const again = entries.find(({ batch }) => batch === lost.batch)!
  expect(again.traceId).toBe(lost.traceId)
  expect(again.spanId).not.toBe(lost.spanId)
})
