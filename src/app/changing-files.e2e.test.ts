import { appendFileSync, renameSync, writeFileSync } from 'node:fs'
import { appendFile, mkdir, open, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, generateLog, type TestPipeline } from '../../load/test/test-pipeline.js'

const compress = promisify(gzip)

const { lines: LINES, text } = generateLog(7, 2000)

let pipeline: TestPipeline
let directory: string
let file: string
beforeEach(async () => {
  pipeline = await createTestPipeline({ isMigrated: true })
  directory = await temporaryDirectory()
  file = join(directory, 'a.log')
})

test('a compressed file that is seen while empty, and with half of its magic, is read as gzip', async () => {
  // No pause of the writer's is the end of a line here.
  await pipeline.startRole('all', [directory], { SLUICE_READER_PARTIAL_LINE_MS: '60000' })
  const path = `${file}.gz`
  const other = join(directory, 'b.log')
  const compressed = await compress(text(0, 500))
  await writeFile(path, '')
  // The other file comes after it: once that is indexed, this one was looked into as well.
  await writeFile(other, text(500, 501))
  await pipeline.waitForLines(1)
  await appendFile(path, compressed.subarray(0, 2))
  await appendFile(other, text(501, 502))
  await pipeline.waitForLines(2)
  await appendFile(path, compressed.subarray(2))
  await pipeline.waitForLines(502)
  expect(await pipeline.expectBalanced(502)).toMatchObject({ indexed: 502, deadLettered: 0 })
})

test('a settled file that is written to and moved out of sight is followed to what its writer adds later', async () => {
  const env = {
    SLUICE_READER_PARTIAL_LINE_MS: '300',
    // The search of the paths has to come first: it is what used to lose sight of the file.
    SLUICE_READER_POLL_MS: '1000',
  }
  await writeFile(file, text(0, 100).slice(0, -1))
  await pipeline.startRole('all', [file], env)
  // The last line has no end: that it is taken shows that the file is settled.
  await pipeline.waitForLines(100)
  await mkdir(join(directory, 'out-of-sight'))
  const writer = await open(file, 'a')
  onTestFinished(() => writer.close())

  // At one go, so that the reader finds the file gone before it finds it grown.
  appendFileSync(file, `\n${text(100, 200)}`)
  renameSync(file, join(directory, 'out-of-sight', 'a.log.1'))
  writeFileSync(file, text(200, 300))
  await pipeline.waitForLines(300)

  await writer.appendFile(text(300, 400).slice(0, -1))
  await pipeline.waitForLines(400)
  await writer.appendFile(`\n${text(400, 500)}`)
  await appendFile(file, text(500, 600))
  await pipeline.waitForLines(600)
  const { sources } = await pipeline.expectBalanced(600)
  expect(sources.map(({ lines }) => lines).sort()).toEqual([200, 400])
  expect(await pipeline.query('SELECT reason FROM sluice.dead_letters')).toEqual([])
})

test('a file that is cut to its middle and written on is read whole, as another one', async () => {
  await writeFile(file, text(0, 300))
  await pipeline.ingest([file])
  await writeFile(file, text(0, 100) + text(500, 550))
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 150 })
  const { sources } = await pipeline.expectBalanced(450)
  expect(sources.map(({ lines }) => lines).sort()).toEqual([150, 300])
})

test('ingest of a file to which half lines are written all the time ends, and tears none', async () => {
  let written = 0
  let isHalf = false
  const writeHalf = () => {
    const line = LINES[written % LINES.length]!
    appendFileSync(file, isHalf ? `${line.slice(30)}\n` : line.slice(0, 30))
    if (isHalf) written++
    isHalf = !isHalf
  }
  writeFileSync(file, text(0, 1000))
  written = 1000
  writeHalf()
  const writing = setInterval(writeHalf, 1)
  onTestFinished(() => clearInterval(writing))
  const first = await pipeline.ingest([file])
  expect(first.newLines).toBeGreaterThanOrEqual(1000)
  expect(first).toMatchObject({ indexed: first.newLines, deadLettered: 0, balanced: true })
  expect(first.newLines).toBeLessThanOrEqual(written)

  clearInterval(writing)
  if (isHalf) writeHalf()
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: written - first.newLines })
  expect(await pipeline.expectBalanced(written)).toMatchObject({ indexed: written, deadLettered: 0 })
})
