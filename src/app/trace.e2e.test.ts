import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, generateLog, type TestPipeline } from '../../load/test/test-pipeline.js'
import type { Trace } from '../recovery/trace.js'

const LINES = 2000
const log = generateLog(72, LINES)
const hostile = '2024-01-15T10:23:45.123Z|action=\x1b[31m|src=nobody|dst=10.0.0.2|proto=TCP'

let pipeline: TestPipeline
let path: string
beforeEach(async () => {
  pipeline = await createTestPipeline({ isMigrated: true, env: { SLUICE_READER_CHUNK_LINES: '500' } })
  path = join(await temporaryDirectory(), 'some.log')
  await writeFile(path, `${log.text()}${hostile}\n`)
})

async function trace(...args: string[]): Promise<Trace> {
  const exit = await pipeline.sluice(['trace', ...args, '--json'])
  expect(exit, exit.stderr).toMatchObject({ code: 0 })
  return JSON.parse(exit.stdout) as Trace
}

test('a line is followed from its file to its row, and from its row to its file', async () => {
  await pipeline.ingest([path])
  const found = await trace('line', path, '--number', '1234')
  expect(found).toMatchObject({ state: 'row', number: 1234, chunk: { linesBefore: 1000, lines: 500 } })
  const traceId = found.chunk!.id.replaceAll('-', '')
  expect(found.chunk).toMatchObject({ traceId })
  const back = await trace('row', String(found.source.id), String(found.offset))
  expect(back).toEqual(found)
  const shown = await pipeline.sluice(['trace', 'line', path, '--offset', String(found.offset)])
  expect(shown.stdout).toContain(log.lines[1233])
  expect(shown.stdout).toContain(`trace id ${traceId}`)
  expect(shown.stdout).toMatch(/^row +of (firewall|dns|auth)_logs$/m)
  // A row needs no Redis.
  expect(
    await pipeline.sluice(['trace', 'row', '1', '0'], { REDIS_URL: 'redis://127.0.0.1:1' }),
  ).toMatchObject({ code: 0 })
})

test('a dead letter shows what was in the line, and nothing of it reaches the terminal as it is', async () => {
  await pipeline.ingest([path])
  const [letter] = await pipeline.query<{ id: string }>(
    'SELECT dead_letter_id AS id FROM sluice.dead_letters',
  )
  const shown = await pipeline.sluice(['trace', 'dead-letter', letter!.id])
  expect(shown.stdout).toContain(`line ${LINES + 1}, byte `)
  expect(shown.stdout).toContain('action=\\x1b[31m|src=nobody')
  expect(shown.stdout).toContain('firewall bad_address: ')
  expect(shown.stdout).not.toContain('\x1b')
})

test('a line on its way shows where it waits', async () => {
  await pipeline.startRole('reader', [path])
  const inStream = (stream: string) =>
    pollUntil(`the line is in the ${stream} stream`, async () => {
      const exit = await pipeline.sluice(['trace', 'line', path, '--number', '1', '--json'])
      if (exit.code !== 0) return undefined
      const found = JSON.parse(exit.stdout) as Trace
      return found.batch?.inStream?.stream === stream ? found : undefined
    })
  expect(await inStream('raw')).toMatchObject({ state: 'in-flight', rows: [], deadLetter: null })
  await pipeline.startRole('parser')
  expect(await inStream('rows')).toMatchObject({ state: 'in-flight' })
  await pipeline.startRole('indexer')
  await pipeline.waitForLines(LINES + 1)
  expect(await trace('line', path, '--number', '1')).toMatchObject({ state: 'row' })
})

test('what cannot be traced is refused with what was expected', async () => {
  await pipeline.ingest([path])
  for (const [args, code, text] of [
    [['line', '/nowhere.log', '--number', '1'], 4, 'no file was read at /nowhere.log'],
    [['line', path], 2, 'one of --number and --offset'],
    [['line', path, '--number', '1', '--offset', '1'], 2, 'one of --number and --offset'],
    [['row', '1', 'x'], 2, 'expected a byte offset'],
    [['row', '99', '0'], 2, 'there is no source 99'],
    [['dead-letter', '99'], 2, 'there is no dead letter 99'],
  ] as const) {
    const exit = await pipeline.sluice(['trace', ...args])
    expect(exit, args.join(' ')).toMatchObject({ code, stderr: expect.stringContaining(text) })
  }
})
