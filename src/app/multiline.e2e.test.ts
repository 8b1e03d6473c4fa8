import { appendFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { readMetric } from '../../load/faults/read-metric.js'
import { copyDeclarations } from '../../load/test/declarations.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'

const declaration = (multiline: string, version: number) => `name: java
version: ${version}
table: java_logs
detect: ["{token} INFO [", "{token} ERROR ["]
${multiline}
format:
  kind: dissect
  pattern: "{timestamp} {level} [{thread}] {message}"
columns:
  - { name: timestamp, type: timestamptz, required: true }
  - { name: level, type: text, required: true }
  - { name: thread, type: text, required: true }
  - { name: message, type: text, required: true, maxBytes: 16384 }
`
const MULTILINE = 'multiline: { start: "{token} INFO" }'

const head = (i: number, level = 'INFO') =>
  `2024-01-15T10:23:${10 + (i % 50)}.000Z ${level} [main] event ${i}`
const trace = (i: number) =>
  `${head(i, 'ERROR')}\njava.lang.IllegalStateException: no ${i}\n\tat a.B.c(B.java:${i})\n\nCaused by: x\n\t... 3 more`
const DNS = '2024-01-15T10:23:45.123Z client 10.0.0.1 query: example.com IN A + (10.0.0.2) NOERROR'

let pipeline: TestPipeline
let directory: string
let declarations: string
let file: string
const reprocess = () =>
  pipeline.sluice(['reprocess', '--type', 'java', '--from', '2024-01-15', '--to', '2024-01-16'])

beforeEach(async () => {
  directory = await temporaryDirectory()
  declarations = await copyDeclarations()
  file = join(directory, 'a.log')
  pipeline = await createTestPipeline({
    env: {
      SLUICE_LOG_TYPES_DIRECTORY: declarations,
      SLUICE_READER_CHUNK_LINES: '7',
    },
  })
})
const declare = (multiline: string, version = 1) =>
  writeFile(join(declarations, 'java.yaml'), declaration(multiline, version))
const messages = async () =>
  (await pipeline.query<{ message: string }>('SELECT message FROM java_logs ORDER BY line_offset')).map(
    ({ message }) => message,
  )
const messageOf = (record: string) => record.slice(record.indexOf('] ') + 2)

/** Events of which every third is a trace, and a line of another type now and then. */
const records = Array.from({ length: 200 }, (_, i) => (i % 10 === 4 ? DNS : i % 3 === 0 ? trace(i) : head(i)))
const java = records.filter((record) => record !== DNS)

test('records are ingested whole, each one line of the ledger, and traced by any of their lines', async () => {
  await declare(MULTILINE)
  await writeFile(file, `${records.join('\n')}\n`)
  await pipeline.ingest([file])
  expect(await messages()).toEqual(java.map(messageOf))
  expect(await pipeline.expectBalanced(records.length)).toMatchObject({ deadLettered: 0 })
  const offset = `${records.slice(0, 6).join('\n')}\n`.length
  for (const place of [
    ['--number', '7'],
    ['--offset', `${offset + records[6]!.length - 3}`],
  ]) {
    const traced = await pipeline.sluice(['trace', 'line', file, ...place, '--json'])
    expect(traced, traced.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(traced.stdout)).toMatchObject({
      ...{ state: 'row', offset, number: 7 },
      rows: [{ columns: { message: messageOf(records[6]!) } }],
    })
  }
  // Published again and reprocessed, the lines are put together in the same way.
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 0 })
  const again = await reprocess()
  expect(again, again.stderr).toMatchObject({ code: 0 })
  expect(await messages()).toEqual(java.map(messageOf))
  await pipeline.expectBalanced(records.length)
})

test('a record that is being written waits for its lines; those that come too late are set aside', async () => {
  await declare(MULTILINE)
  expect(await pipeline.sluice(['migrate'])).toMatchObject({ code: 0 })
  const whole = trace(1)
  const cut = whole.indexOf('\tat')
  await writeFile(file, `${head(0)}\n${whole.slice(0, cut)}`)
  const patient = await pipeline.startRole('all', [file], { SLUICE_READER_RECORD_WAIT_MS: '600000' })
  await pipeline.waitForLines(1)
  await appendFile(file, whole.slice(cut, cut + 9))
  // It has seen that the file grew, and waits.
  await pollUntil(
    'the reader sees what was appended',
    async () => (await readMetric(patient, 'sluice_reader_unread_bytes')) === cut + 9,
  )
  await appendFile(file, `${whole.slice(cut + 9)}\n${trace(2)}\n`)
  await pipeline.waitForLines(2)
  // The last one is not at its end yet, as far as this reader knows.
  expect(await patient.kill('SIGTERM')).toMatchObject({ code: 0 })
  expect(await messages()).toEqual([head(0), whole].map(messageOf))
  await pipeline.startRole('all', [file], { SLUICE_READER_RECORD_WAIT_MS: '100' })
  await pipeline.waitForLines(3)
  await appendFile(file, '\tat too.late\n')
  await pipeline.waitForLines(4)
  expect(await messages()).toEqual([head(0), whole, trace(2)].map(messageOf))
  expect(await pipeline.expectBalanced(4)).toMatchObject({ indexed: 3, deadLettered: 1 })
})

test('a type that is declared with records later has them after reprocessing, and its dead letters go', async () => {
  await declare('')
  await writeFile(file, `${records.join('\n')}\n`)
  await pipeline.ingest([file], { SLUICE_READER_CHUNK_LINES: '100' })
  const single = records.join('\n').split('\n').length
  expect((await pipeline.expectBalanced(single)).deadLettered).toBeGreaterThan(200)
  // A dropped dead letter, too, is part of a record then.
  expect(
    await pipeline.sluice(['dead-letters', 'drop', '--reason', 'empty_line', '--because', 'noise']),
  ).toMatchObject({ code: 0 })
  await declare(MULTILINE, 2)
  const result = await reprocess()
  expect(result, result.stderr).toMatchObject({ code: 0 })
  const after = await pipeline.query<{ lines: number }>('SELECT sum(lines)::int AS lines FROM sluice.chunks')
  const now = await pipeline.expectBalanced(after[0]!.lines)
  // Chunks end where they did: a record that one of them ended in stays in two.
  expect(now.lines).toBeLessThan(single / 2)
  expect(now.indexed).toBe(records.length)
})
