import { execFile } from 'node:child_process'
import { appendFile, mkdir, symlink, truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { beforeEach, expect, test } from 'vitest'
import { generateRecords } from '../../load/generate/generate-records.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'

const run = promisify(execFile)
const compress = promisify(gzip)

const LINES = [...generateRecords({ seed: 5, lines: 3000 })].map(({ line }) => line.toString('latin1'))
const text = (from: number, to: number) =>
  LINES.slice(from, to)
    .map((line) => `${line}\n`)
    .join('')

let pipeline: TestPipeline
let directory: string
let file: string
beforeEach(async () => {
  pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_READER_CHUNK_LINES: '500' } })
  directory = await temporaryDirectory()
  file = join(directory, 'a.log')
})

const deadLetters = async (): Promise<string[]> => {
  const rows = await pipeline.query<{ reason: string; line_bytes: string; kept: number }>(
    'SELECT reason, line_bytes, length(raw) AS kept FROM sluice.dead_letters ORDER BY source_id, line_offset',
  )
  return rows.map(({ reason, line_bytes, kept }) => `${reason} ${line_bytes} ${kept}`)
}

test('of a file that ended without a newline and grew, only the rest is read', async () => {
  await writeFile(file, text(0, 700).slice(0, -1))
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 700 })
  await appendFile(file, `\n${text(700, 900)}`)
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 200 })
  await appendFile(file, LINES[900]!)
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 1 })
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 0 })
  expect((await pipeline.expectBalanced(901)).sources).toHaveLength(1)
  expect(await deadLetters()).toEqual([])
})

test('an unfinished last line that ingest took for a whole one is not read again, only its rest is', async () => {
  await writeFile(file, text(0, 10) + LINES[10]!.slice(0, 40))
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 11 })
  await appendFile(file, `${LINES[10]!.slice(40)}\n${text(11, 20)}`)
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 10 })
  await pipeline.expectBalanced(21)
})

test('CRLF, a byte order mark and empty lines are dealt with line by line', async () => {
  await writeFile(file, `\ufeff${LINES[0]}\r\n${LINES[1]}\n\n\r\n${LINES[2]}\r\n`)
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 5, indexed: 3, deadLettered: 2 })
  expect(await deadLetters()).toEqual(['empty_line 0 0', 'empty_line 1 1'])
  await pipeline.expectBalanced(5)
})

test('an oversize line is set aside with its beginning, and those around it are read', async () => {
  const oversize = `${LINES[1]}${'x'.repeat(3_000_000)}`
  const limit = `${LINES[2]}${'y'.repeat(65_537)}`
  await writeFile(file, `${LINES[0]}\n${oversize}\n${LINES[3]}\n${limit}\n${text(4, 700)}`)
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 700, deadLettered: 2 })
  expect(await deadLetters()).toEqual([
    `oversize_line ${oversize.length} 65536`,
    `oversize_line ${limit.length} 65536`,
  ])
  await pipeline.expectBalanced(700)
})

test('of a compressed file that is cut off, the complete lines are read, and the rest once it is whole', async () => {
  const compressed = await compress(text(0, 3000))
  const path = `${file}.gz`
  await writeFile(path, compressed.subarray(0, compressed.length >> 1))
  const { newLines, warnings } = await pipeline.ingest([path])
  expect(warnings).toEqual([expect.stringMatching(/a\.log\.gz: unexpected end of file$/)])
  expect(newLines).toBeGreaterThan(1000)
  expect(newLines).toBeLessThan(2000)
  const { indexed } = await pipeline.expectBalanced(newLines)
  expect(indexed).toBe(newLines)
  await writeFile(path, compressed)
  expect(await pipeline.ingest([path])).toMatchObject({ newLines: 3000 - newLines, warnings: [] })
  expect((await pipeline.expectBalanced(3000)).indexed).toBe(3000)
})

test('what is no log file is skipped with a warning, and an empty one without', async () => {
  await writeFile(file, text(0, 100))
  await writeFile(join(directory, 'empty.log'), '')
  await run('mkfifo', [join(directory, 'fifo')])
  const outside = join(await temporaryDirectory(), 'outside.log')
  await writeFile(outside, text(100, 200))
  await symlink(outside, join(directory, 'link-out.log'))
  await symlink(file, join(directory, 'link-in.log'))
  await symlink(directory, join(directory, 'loop'))
  const result = await pipeline.ingest([directory])
  expect(result).toMatchObject({ newLines: 100, balanced: true })
  expect(result.warnings).toEqual([
    expect.stringMatching(/fifo: not a regular file$/),
    expect.stringMatching(/link-out\.log: a symbolic link out of the directory/),
    expect.stringMatching(/loop: a symbolic link/),
  ])
  expect((await pipeline.expectBalanced(100)).sources).toHaveLength(1)
})

test('nothing but empty files and directories is nothing new', async () => {
  await mkdir(join(directory, 'below'))
  await writeFile(file, '')
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 0, lines: 0, balanced: true })
})

test('a file that was cut to zero and written anew is another source', async () => {
  await writeFile(file, text(0, 600))
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 600 })
  await truncate(file)
  await appendFile(file, text(600, 1300))
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 700 })
  expect((await pipeline.expectBalanced(1300)).sources).toHaveLength(2)
})
