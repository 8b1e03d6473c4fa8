import { join } from 'node:path'
import { beforeEach, expect, inject, test } from 'vitest'
import type { Oracle } from '../../load/generate/oracle.js'
import { writeLogs } from '../../load/generate/write-logs.js'
import { rememberDatabase } from '../../load/test/set-back.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'

const LINES = 20_000

let pipeline: TestPipeline
let directory: string
let oracle: Oracle
beforeEach(async () => {
  pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_READER_CHUNK_LINES: '1000' } })
  directory = join(await temporaryDirectory(), 'logs')
  oracle = await writeLogs({ seed: 61, lines: LINES, files: 2, hostilePercent: 1 }, { directory })
})

const remember = () => rememberDatabase(inject('databaseUrl'), pipeline.databaseUrl)

test('a database that was set back between two runs is filled in again from the files', async () => {
  await pipeline.ingest([join(directory, 'logs_0000.log')])
  const setBack = await remember()
  await pipeline.ingest([directory])
  await pipeline.expectOracle(oracle)
  await setBack()
  await pipeline.expectBalanced(LINES / 2)
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: LINES / 2 })
  await pipeline.expectOracle(oracle)
})

test('a database that was set back to before the first line is filled in again', async () => {
  const setBack = await remember()
  await pipeline.ingest([directory])
  await setBack()
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: LINES })
  await pipeline.expectOracle(oracle)
})

test('a database that is set back under running roles is filled in again', async () => {
  const running = [
    await pipeline.startRole('parser'),
    await pipeline.startRole('indexer'),
    await pipeline.startRole('reader', [directory]),
  ]
  await pipeline.waitForLines(1)
  const setBack = await remember()
  await pipeline.waitForLines(LINES)
  await setBack()
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
  for (const role of running) expect(await role.kill('SIGTERM')).toMatchObject({ code: 0 })
})

test('two readers on one directory record every line once', async () => {
  await Promise.all([
    pipeline.startRole('all', [directory], { SLUICE_READER_CHUNK_LINES: '1000' }),
    pipeline.startRole('reader', [directory], { SLUICE_READER_CHUNK_LINES: '700' }),
  ])
  await pipeline.waitForLines(LINES)
  await pipeline.expectOracle(oracle)
})
