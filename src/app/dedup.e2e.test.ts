import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, inject, test } from 'vitest'
import { declarationsWithDedup } from '../../load/test/declarations.js'
import { waitForPendingAndStop } from '../../load/test/pending-work.js'
import { rememberDatabase } from '../../load/test/set-back.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, generateLog, type TestPipeline } from '../../load/test/test-pipeline.js'

const LINES = 20_000
const HALF = LINES / 2
const log = generateLog(71, LINES + HALF)

let declarations: string
let pipeline: TestPipeline
let directory: string
let first: string
let second: string
beforeEach(async () => {
  declarations = await declarationsWithDedup('firewall', 'dns', 'auth')
  pipeline = await createTestPipeline({
    env: { SLUICE_LOG_TYPES_DIRECTORY: declarations, SLUICE_READER_CHUNK_LINES: '1000' },
  })
  directory = join(await temporaryDirectory(), 'logs')
  await mkdir(directory)
  first = join(directory, 'first.log')
  second = join(directory, 'second.log')
  await writeFile(first, log.text(0, LINES))
  // The second half of the first file, and as many lines that are new.
  await writeFile(second, log.text(HALF))
})

/** Every line is a row once, wherever it came from, and the rest are dead letters that name a row. */
async function expectEachLineOnce(): Promise<void> {
  const result = await pipeline.expectBalanced(2 * LINES)
  expect(result).toMatchObject({ indexed: LINES + HALF, deadLettered: HALF })
  const [rows] = await pipeline.query<{ lines: number }>(
    'SELECT count(DISTINCT raw_line)::int AS lines FROM logs',
  )
  expect(rows?.lines).toBe(LINES + HALF)
  const [dead] = await pipeline.query<{ letters: number; found: number }>(
    `SELECT count(*)::int AS letters, count(r.line_offset)::int AS found
       FROM sluice.dead_letters d
       LEFT JOIN sluice.records r
         ON d.detail = 'seen first in source ' || r.source_id || ' at byte ' || r.line_offset
      WHERE d.reason = 'duplicate_record' AND r.source_id <> d.source_id`,
  )
  expect(dead).toEqual({ letters: HALF, found: HALF })
}

test('a file that resends half of another one adds what is new, and the rest can be found', async () => {
  await pipeline.ingest([first])
  expect(await pipeline.ingest([second])).toMatchObject({ newLines: LINES, deadLettered: HALF })
  await expectEachLineOnce()
  const list = await pipeline.sluice(['dead-letters', 'list', '--json', '--reason', 'duplicate_record'])
  const { deadLetters } = JSON.parse(list.stdout) as { deadLetters: Array<{ id: number; lineBytes: number }> }
  const show = await pipeline.sluice(['dead-letters', 'show', String(deadLetters[0]!.id)])
  expect(show.stdout).toMatch(/reason +duplicate_record: seen first in source 1 at byte \d+/)
  expect(show.stdout).toContain(`${deadLetters[0]!.lineBytes} more bytes in the file`)
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 0 })
})

test('types do not do that unless they are told to, and from then on', async () => {
  const env = { SLUICE_LOG_TYPES_DIRECTORY: await declarationsWithDedup() }
  await pipeline.ingest([first], env)
  expect(await pipeline.ingest([second], env)).toMatchObject({ indexed: 2 * LINES, deadLettered: 0 })
  const third = join(directory, 'third.log')
  const fourth = join(directory, 'fourth.log')
  await writeFile(third, log.text(LINES))
  await writeFile(fourth, `\n${log.text(LINES)}`)
  expect(await pipeline.ingest([third])).toMatchObject({ newLines: HALF, deadLettered: 0 })
  expect(await pipeline.ingest([fourth])).toMatchObject({ newLines: HALF + 1, deadLettered: HALF + 1 })
})

test('indexers that are killed in the midst of it leave each line one row', async () => {
  expect(await pipeline.sluice(['migrate'])).toMatchObject({ code: 0 })
  const indexers = [await pipeline.startRole('indexer'), await pipeline.startRole('indexer')]
  await pipeline.startRole('parser')
  await pipeline.startRole('reader', [directory])
  await pipeline.waitForLines(LINES / 10)
  const killed = await waitForPendingAndStop(pipeline, 'indexer', indexers)
  await killed.kill()
  await pipeline.startRole('indexer')
  await pipeline.waitForLines(2 * LINES)
  await expectEachLineOnce()
})

test('a database that was set back fills in what is missing, once', async () => {
  await pipeline.ingest([second])
  const setBack = await rememberDatabase(inject('databaseUrl'), pipeline.databaseUrl)
  await pipeline.ingest([first])
  await expectEachLineOnce()
  await setBack()
  await pipeline.expectBalanced(LINES)
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: LINES })
  await expectEachLineOnce()
})
