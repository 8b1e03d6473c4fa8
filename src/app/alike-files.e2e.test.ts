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

/** Chunk lengths, and how many lines the files of a pair have in common: up to three are less than 1 KiB, 400 more. */
test.each([
  ['in chunks that end within what they have in common', 64, [400, 3, 1]],
  ['in chunks that end with it', 400, [400]],
  ['in one chunk each', 100_000, [400]],
])('two files that begin alike are both read whole %s', async (_, chunkLines, commonLines) => {
  const files = commonLines.flatMap((length, pair) => {
    const common = linesOf(10 + pair, length)
    return [
      { name: `${pair}-a.log`, lines: [...common, ...linesOf(20 + pair, FIRST.length)] },
      { name: `${pair}-b.log`, lines: [...common, ...linesOf(30 + pair, SECOND.length)] },
    ]
  })
  const total = files.reduce((sum, { lines }) => sum + lines.length, 0)
  const pipeline = await createTestPipeline({
    isMigrated: true,
    env: { SLUICE_READER_CHUNK_LINES: String(chunkLines) },
  })
  const directory = await writeFiles(files)
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: total, lines: total })
  const { sources } = await pipeline.expectBalanced(total)
  expect(sources.map(({ path, lines }) => ({ path, lines }))).toEqual(
    files.map(({ name, lines }) => ({ path: join(directory, name), lines: lines.length })),
  )
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 0 })
})

test('two files that begin alike are both read whole when one comes later', async () => {
  const pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_READER_CHUNK_LINES: '64' } })
  const directory = await writeFiles([{ name: 'a.log', lines: [...COMMON, ...FIRST] }])
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 1300 })
  await writeFile(join(directory, 'b.log'), [...COMMON, ...SECOND].join(''))
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 900 })
  expect((await pipeline.expectBalanced(2200)).sources).toHaveLength(2)
})

test('tiny files that begin alike are both read, whichever comes first', async () => {
  const pipeline = await createTestPipeline({ isMigrated: true })
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

test('the beginning of a file adds nothing while the file is there', async () => {
  const pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_READER_CHUNK_LINES: '64' } })
  const directory = await writeFiles([{ name: 'whole.log', lines: FIRST }])
  await pipeline.ingest([directory])
  const elsewhere = await temporaryDirectory()
  // One that ends between chunks, and one that ends within a chunk; and both alone, ending within a line.
  for (const length of [640, 700]) {
    const beginning = FIRST.slice(0, length).join('')
    await writeFile(join(directory, `beginning-${length}.log`), beginning)
    await writeFile(join(elsewhere, `cut-${length}.log`), beginning.slice(0, -20))
  }
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 0 })
  expect(await pipeline.ingest([elsewhere])).toMatchObject({ newLines: 0 })
  await pipeline.expectBalanced(FIRST.length)
})

test('a file goes on as the copy of it that grew on', async () => {
  const pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_READER_CHUNK_LINES: '64' } })
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
