import { copyFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateRecords } from '../../load/generate/generate-records.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline } from '../../load/test/test-pipeline.js'

/** Ordinary lines; equal seeds begin alike however many there are. */
function linesOf(seed: number, lines: number): string[] {
  return [...generateRecords({ seed, lines })].map(({ line }) => `${line.toString('latin1')}\n`)
}

const COMMON = linesOf(1, 400)
const FIRST = linesOf(2, 900)
const SECOND = linesOf(3, 500)

interface FileOfLines {
  name: string
  lines: string[]
}

async function writeFiles(files: FileOfLines[]): Promise<string> {
  const directory = await temporaryDirectory()
  for (const { name, lines } of files) await writeFile(join(directory, name), lines.join(''))
  return directory
}

test.each([
  ['for more than 1 KiB, in chunks that end within it', COMMON, 64],
  ['for more than 1 KiB, in chunks that end with it', COMMON, 400],
  ['for more than 1 KiB, in one chunk each', COMMON, 100_000],
  ['for less than 1 KiB', COMMON.slice(0, 3), 64],
  ['for one line', COMMON.slice(0, 1), 64],
])('two files that begin alike %s are both read whole', async (_, common, chunkLines) => {
  const files = [
    { name: 'a.log', lines: [...common, ...FIRST] },
    { name: 'b.log', lines: [...common, ...SECOND] },
  ]
  const total = common.length * 2 + FIRST.length + SECOND.length
  const pipeline = await createTestPipeline({ env: { SLUICE_READER_CHUNK_LINES: String(chunkLines) } })
  const directory = await writeFiles(files)
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: total, lines: total })
  const { sources } = await pipeline.expectBalanced(total)
  expect(sources.map(({ path, lines }) => ({ path, lines }))).toEqual(
    files.map(({ name, lines }) => ({ path: join(directory, name), lines: lines.length })),
  )
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 0 })
})

test('two files that begin alike are both read whole when one comes later', async () => {
  const pipeline = await createTestPipeline({ env: { SLUICE_READER_CHUNK_LINES: '64' } })
  const directory = await writeFiles([{ name: 'a.log', lines: [...COMMON, ...FIRST] }])
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 1300 })
  await writeFile(join(directory, 'b.log'), [...COMMON, ...SECOND].join(''))
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 900 })
  expect((await pipeline.expectBalanced(2200)).sources).toHaveLength(2)
})

test('tiny files that begin alike are both read, whichever comes first', async () => {
  const pipeline = await createTestPipeline()
  const [line = '', one = '', other = ''] = COMMON
  const directory = await writeFiles([
    { name: 'a.log', lines: [line, one] },
    { name: 'b.log', lines: [line, other] },
    { name: 'single.log', lines: [other] },
  ])
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 5 })
  await writeFile(join(directory, 'c.log'), other + one)
  await pipeline.ingest([directory])
  await pipeline.expectBalanced(6)
})

test.each([
  ['that ends between chunks', 640],
  ['that ends within a chunk', 700],
])('the beginning of a file %s adds nothing while the file is there', async (_, length) => {
  const pipeline = await createTestPipeline({ env: { SLUICE_READER_CHUNK_LINES: '64' } })
  const directory = await writeFiles([{ name: 'whole.log', lines: FIRST }])
  await pipeline.ingest([directory])
  await writeFile(join(directory, 'beginning.log'), FIRST.slice(0, length).join(''))
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 0 })
  // Alone, and ending within a line.
  const elsewhere = join(await temporaryDirectory(), 'cut.log')
  await writeFile(elsewhere, FIRST.slice(0, length).join('').slice(0, -20))
  expect(await pipeline.ingest([elsewhere])).toMatchObject({ newLines: 0 })
  await pipeline.expectBalanced(FIRST.length)
})

test('a file goes on as the copy of it that grew on', async () => {
  const pipeline = await createTestPipeline({ env: { SLUICE_READER_CHUNK_LINES: '64' } })
  const directory = await writeFiles([{ name: 'a.log', lines: FIRST.slice(0, 500) }])
  await pipeline.ingest([directory])
  await copyFile(join(directory, 'a.log'), join(directory, 'b.log'))
  await writeFile(join(directory, 'b.log'), FIRST.join(''))
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 400 })
  await rm(join(directory, 'b.log'))
  await writeFile(join(directory, 'a.log'), FIRST.join(''))
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 0 })
  expect((await pipeline.expectBalanced(900)).sources).toHaveLength(1)
})
