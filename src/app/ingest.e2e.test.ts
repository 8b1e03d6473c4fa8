import { copyFile, mkdir, readFile, rename, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Oracle } from '../../load/generate/oracle.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'

const compress = promisify(gzip)

/** Several chunks a file, so that what a copy has in common with its original does not end with a file. */
const SMALL_CHUNKS = { SLUICE_READER_CHUNK_LINES: '700' }

describe('files that were ingested', () => {
  let pipeline: TestPipeline
  let directory: string
  let oracle: Oracle
  beforeAll(async () => {
    pipeline = await createTestPipeline({ env: SMALL_CHUNKS })
    directory = join(await temporaryDirectory(), 'logs')
    oracle = await writeLogs({ seed: 11, lines: 6000, files: 3, hostilePercent: 2 }, { directory })
    const result = await pipeline.ingest([directory])
    expect(result).toMatchObject({ balanced: true, newLines: 6000, files: 3, inFlight: 0, warnings: [] })
  })

  const expectNothingNew = async (paths: string[]): Promise<void> => {
    const result = await pipeline.ingest(paths)
    expect(result).toMatchObject({ balanced: true, newLines: 0, lines: 6000, warnings: [] })
    expect(result.sources).toHaveLength(3)
  }

  test('are in the tables value by value, each line once', async () => {
    const { sources } = await pipeline.expectOracle(oracle)
    expect(sources.map(({ complete }) => complete)).toEqual([true, true, true])
  })

  test('balance, as the command says', async () => {
    const exit = await pipeline.sluice(['reconcile', '--json'])
    expect(exit).toMatchObject({ code: 0, stderr: '' })
    expect(JSON.parse(exit.stdout)).toEqual(await pipeline.expectBalanced(6000))
  })

  test('add nothing a second time, and it is said so', async () => {
    const exit = await pipeline.sluice(['ingest', directory])
    expect(exit.code).toBe(0)
    expect(exit.stdout).toMatch(/^Nothing new: all lines of 3 files had been read before\./)
    await pipeline.expectOracle(oracle)
  })

  test('add nothing as a copy, compressed, or in another directory', async () => {
    const elsewhere = await temporaryDirectory()
    await copyFile(join(directory, 'logs_0000.log'), join(elsewhere, 'other-name.log'))
    await copyFile(join(directory, 'logs_0002.log'), join(elsewhere, 'logs_0002.log'))
    await writeFile(
      join(elsewhere, 'logs_0001.log.gz'),
      await compress(await readFile(join(directory, 'logs_0001.log'))),
    )
    await expectNothingNew([elsewhere])
    await expectNothingNew([elsewhere, directory])
    await pipeline.expectOracle(oracle)
  })

  test('add nothing after a rename, and are shown under the new name', async () => {
    const renamed = join(directory, 'renamed.log')
    await rename(join(directory, 'logs_0001.log'), renamed)
    await expectNothingNew([directory])
    const { sources } = await pipeline.expectBalanced(6000)
    expect(sources.map(({ path }) => path)).toEqual([
      join(directory, 'logs_0000.log'),
      join(directory, 'logs_0002.log'),
      renamed,
    ])
    await rename(renamed, join(directory, 'logs_0001.log'))
    await expectNothingNew([directory])
    await pipeline.expectOracle(oracle)
  })
})

test('compressed files are read, and their uncompressed copies add nothing', async () => {
  const pipeline = await createTestPipeline({ env: SMALL_CHUNKS })
  const base = await temporaryDirectory()
  const options = { seed: 12, lines: 3000, files: 2, hostilePercent: 2 }
  const oracle = await writeLogs(options, { directory: join(base, 'compressed'), gzip: true })
  await writeLogs(options, { directory: join(base, 'plain') })
  expect(await pipeline.ingest([join(base, 'compressed')])).toMatchObject({ newLines: 3000 })
  await pipeline.expectOracle(oracle)
  expect(await pipeline.ingest([join(base, 'plain')])).toMatchObject({ newLines: 0 })
  await pipeline.expectOracle(oracle)
})

test('a file, its copy and its compressed copy in one directory are one source from the first ingest on', async () => {
  const pipeline = await createTestPipeline({ env: SMALL_CHUNKS })
  const directory = join(await temporaryDirectory(), 'logs')
  const oracle = await writeLogs({ seed: 13, lines: 4000, hostilePercent: 2 }, { directory })
  const original = join(directory, 'logs_0000.log')
  await mkdir(join(directory, 'below'))
  await copyFile(original, join(directory, 'below', 'logs_0000.log'))
  await copyFile(original, join(directory, 'a-copy.log'))
  await writeFile(`${original}.gz`, await compress(await readFile(original)))
  const result = await pipeline.ingest([directory])
  expect(result).toMatchObject({ balanced: true, lines: 4000, newLines: 4000, files: 4 })
  expect(result.sources).toHaveLength(1)
  // Which of the four names it has is not said; the oracle knows it by the original's.
  expect(await pipeline.ingest([original])).toMatchObject({ newLines: 0 })
  await pipeline.query('UPDATE sluice.sources SET path = $1', [original])
  await pipeline.expectOracle(oracle)
})
