import { appendFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { beforeEach, expect, test } from 'vitest'
import { generateRecords } from '../../load/generate/generate-records.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'

const compress = promisify(gzip)

const LINES = [...generateRecords({ seed: 6, lines: 2000 })].map(({ line }) => line.toString('latin1'))
const text = (from: number, to: number) =>
  LINES.slice(from, to)
    .map((line) => `${line}\n`)
    .join('')

let pipeline: TestPipeline
let directory: string
beforeEach(async () => {
  // A busy machine must not make the writer's pauses look like the end of a line.
  pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_READER_PARTIAL_LINE_MS: '3000' } })
  directory = await temporaryDirectory()
})

test('a file that grows is read as it grows', async () => {
  await pipeline.startRole('all', [directory])
  const writing = writeLogs(
    { seed: 51, lines: 3000, files: 2, hostilePercent: 2 },
    { directory, linesPerSecond: 1500 },
  )
  await pipeline.waitForLines(500)
  const oracle = await writing
  await pipeline.waitForLines(3000)
  await pipeline.expectOracle(oracle)
})

test('what a steady writer appends gathers into a chunk for as long as the setting says', async () => {
  await pipeline.startRole('all', [directory], { SLUICE_READER_CHUNK_MS: '1000' })
  const began = performance.now()
  const oracle = await writeLogs(
    { seed: 53, lines: 1000, files: 1, hostilePercent: 0 },
    { directory, linesPerSecond: 400 },
  )
  await pipeline.waitForLines(1000)
  const seconds = (performance.now() - began) / 1000
  const chunks = await pipeline.query('SELECT FROM sluice.chunks')
  // One for each second, and some at the beginning and at the end; not one for each look at the file.
  expect(chunks.length).toBeLessThanOrEqual(seconds + 4)
  await pipeline.expectOracle(oracle)
})

test('a chunk is cut as soon as enough lines have gathered, long before its time', async () => {
  await writeFile(join(directory, 'a.log'), text(0, 10))
  await pipeline.startRole('all', [directory], {
    SLUICE_READER_CHUNK_MS: '60000',
    SLUICE_READER_CHUNK_LINES: '100',
  })
  await pipeline.waitForLines(10)
  await appendFile(join(directory, 'a.log'), text(10, 510))
  await pipeline.waitForLines(400, { timeoutMs: 30_000 })
  const [largest] = await pipeline.query<{ lines: number }>('SELECT max(lines) AS lines FROM sluice.chunks')
  expect(largest?.lines).toBe(100)
})

test.each(['rename', 'copytruncate'] as const)(
  'rotation by %s loses and doubles nothing',
  async (rotation) => {
    await pipeline.startRole('all', [directory])
    const oracle = await writeLogs(
      { seed: 52, lines: 3000, files: 1, hostilePercent: 2, rotateLines: 600 },
      { directory, rotation, linesPerSecond: 2000 },
    )
    await pipeline.waitForLines(3000)
    await pipeline.expectOracle(oracle)
    if (rotation === 'copytruncate') return
    const names = oracle.files.map(({ name }) => name).sort()
    await pollUntil('every source is shown under its present name', async () => {
      const { sources } = await pipeline.expectBalanced(3000)
      return JSON.stringify(sources.map(({ path }) => basename(path)).sort()) === JSON.stringify(names)
    })
  },
)

test('a file that appears later, and one in a new directory, are found', async () => {
  await pipeline.startRole('all', [directory])
  await writeFile(join(directory, 'a.log'), text(0, 500))
  await pipeline.waitForLines(500)
  await mkdir(join(directory, 'below'))
  await writeFile(join(directory, 'below', 'b.log'), text(500, 1200))
  await pipeline.waitForLines(1200)
  expect((await pipeline.expectBalanced(1200)).sources).toHaveLength(2)
})

test('a file that was read, rotated, compressed and removed is not read again', async () => {
  const file = join(directory, 'a.log')
  const rotated = `${file}.1`
  await writeFile(file, text(0, 1000))
  await pipeline.startRole('all', [directory])
  await pipeline.waitForLines(1000)
  await rename(file, rotated)
  await writeFile(file, text(1000, 1500))
  await writeFile(`${rotated}.gz`, await compress(await readFile(rotated)))
  await rm(rotated)
  await pipeline.waitForLines(1500)
  await appendFile(file, text(1500, 1600))
  await pipeline.waitForLines(1600)
  await pollUntil('the compressed file is known to be the source', async () => {
    const known = await pipeline.query('SELECT FROM sluice.files WHERE path = $1', [`${rotated}.gz`])
    return known.length === 1
  })
  const { sources } = await pipeline.expectBalanced(1600)
  expect(sources.map(({ path, lines }) => [basename(path), lines])).toEqual([
    ['a.log', 600],
    ['a.log.1.gz', 1000],
  ])
})

test('a file that is deleted while it is read is read to its end', async () => {
  const file = join(directory, 'a.log')
  await writeFile(file, text(0, 2000))
  // Held up in the middle: a few batches fill the streams, and nobody empties them yet.
  const env = { SLUICE_READER_CHUNK_LINES: '100', SLUICE_READER_MAX_STREAM_ENTRIES: '12' }
  const reader = await pipeline.startRole('reader', [directory], env)
  await pollUntil('the reader is held up', async () => {
    const metrics = await (await fetch(`${reader.httpUrl}/metrics`)).text()
    return metrics.includes('sluice_reader_backpressure_active{cause="entries"} 1')
  })
  await rm(file)
  await pipeline.startRole('parser')
  await pipeline.startRole('indexer')
  await pipeline.waitForLines(2000)
  await pipeline.expectBalanced(2000)
})

test('a line that is written in two parts is one line, and a last one without a newline is taken in time', async () => {
  const file = join(directory, 'a.log')
  const [first = '', second = '', third = ''] = LINES
  await pipeline.startRole('all', [directory])
  await writeFile(file, `${first}\n${second.slice(0, 30)}`)
  await pipeline.waitForLines(1)
  await appendFile(file, `${second.slice(30)}\n${third}`)
  await pipeline.waitForLines(2)
  await pipeline.waitForLines(3)
  await appendFile(file, `\n${text(3, 10)}`)
  await pipeline.waitForLines(10)
  expect(await pipeline.expectBalanced(10)).toMatchObject({ indexed: 10, deadLettered: 0 })
})
