import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, inject, test } from 'vitest'
import { rememberDatabase } from '../../load/test/set-back.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, generateLog } from '../../load/test/test-pipeline.js'

const { text } = generateLog(62, 7100)

test('a reader goes on after the ledger was set back and what it had read was recorded in other chunks', async () => {
  const pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_READER_CHUNK_LINES: '1000' } })
  const file = join(await temporaryDirectory(), 'a.log')
  await writeFile(file, text(0, 2000))
  await pipeline.startRole('parser')
  await pipeline.startRole('indexer')
  const reader = await pipeline.startRole('reader', [file])
  await pipeline.waitForLines(2000)
  const setBack = await rememberDatabase(inject('databaseUrl'), pipeline.databaseUrl)
  await appendFile(file, text(2000, 4000))
  await pipeline.waitForLines(4000)

  // It believes to be at line 4000 when it wakes; none of the chunks of 700 lines after line 2000 begins there.
  reader.process.kill('SIGSTOP')
  await setBack()
  await appendFile(file, text(4000, 7000))
  await pipeline.ingest([file], { SLUICE_READER_CHUNK_LINES: '700' })
  await pipeline.expectBalanced(7000)
  reader.process.kill('SIGCONT')
  await appendFile(file, text(7000, 7100))
  await pipeline.waitForLines(7100)
  expect((await pipeline.expectBalanced(7100)).sources).toHaveLength(1)
  expect(await reader.kill('SIGTERM')).toMatchObject({ code: 0 })
})
