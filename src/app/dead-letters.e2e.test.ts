import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeAll, expect, test } from 'vitest'
import { writeLogs } from '../../load/generate/write-logs.js'
import { withClient } from '../../load/services/postgres-server.js'
import { copyDeclarations, declareProxy } from '../../load/test/declarations.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'

const PROXY_LINES = 5000
const BANNER_LINES = 10
const HOSTILE_LINES = 2000
const LINES = PROXY_LINES + BANNER_LINES + HOSTILE_LINES

let pipeline: TestPipeline
let proxyLog: string
/** Lines that can be rows before anything is declared anew. */
let rowsBefore: number
beforeAll(async () => {
  const directory = await temporaryDirectory()
  const declarations = await copyDeclarations()
  pipeline = await createTestPipeline({
    env: { SLUICE_LOG_TYPES_DIRECTORY: declarations, SLUICE_READER_CHUNK_LINES: '250' },
  })
  const logs = join(directory, 'logs')
  const oracle = await writeLogs({ seed: 64, lines: HOSTILE_LINES, hostilePercent: 20 }, { directory: logs })
  proxyLog = join(logs, 'proxy.log')
  const proxyLines = Array.from(
    { length: PROXY_LINES },
    (_, n) => `2024-03-01T00:00:00.000Z proxy 10.0.0.1 /${n}`,
  )
  const banner = Array.from({ length: BANNER_LINES }, (_, n) => `\x1b[2J*** appliance 7.${n} up ***`)
  await writeFile(proxyLog, [...banner, ...proxyLines, ''].join('\n'))
  await pipeline.ingest([logs])
  rowsBefore = oracle.totals.rows
  expect(await pipeline.expectBalanced(LINES)).toMatchObject({ indexed: rowsBefore })
  await declareProxy(declarations)
  expect(await pipeline.sluice(['migrate'])).toMatchObject({ code: 0 })
})

async function deadLetters(...args: string[]): Promise<string> {
  const exit = await pipeline.sluice(['dead-letters', ...args])
  expect(exit, exit.stderr).toMatchObject({ code: 0, stderr: '' })
  return exit.stdout
}
const json = async (...args: string[]) => JSON.parse(await deadLetters(...args, '--json'))
async function proxyRows(): Promise<number> {
  const [row] = await pipeline.query<{ rows: number }>('SELECT count(*)::int AS rows FROM proxy_logs')
  return row!.rows
}

test('lines set aside are grouped by what they have in common, and shown with their bytes escaped', async () => {
  const { groups } = await json('list', '--source', proxyLog)
  expect(groups).toMatchObject([
    { logType: 'unclassified', reason: 'no_type', signature: '<time> proxy <ip> /<n>', lines: PROXY_LINES },
    {
      logType: 'unclassified',
      reason: 'no_type',
      signature: '<bytes>[<n>J*** appliance <n>.<n> up ***',
      lines: BANNER_LINES,
    },
  ])
  const banner = await deadLetters('list', '--group', groups[1].id, '--limit', '3')
  expect(banner.split('\n')).toHaveLength(2 + 3 + 1)
  const shown = await deadLetters('show', String(groups[1].sampleId))
  expect(shown).toContain('\\x1b[2J*** appliance 7.')
  expect(shown).toContain(proxyLog)
  expect(await deadLetters('list')).not.toContain('\x1b')
})

test('a dry run shows what would become of lines, and changes nothing', async () => {
  const shown = await deadLetters('replay', '--source', proxyLog, '--dry-run')
  expect(shown).toContain(`${PROXY_LINES.toLocaleString('en-US')} would become rows`)
  expect(shown).toMatch(
    /\+ row of proxy\n +timestamp = 2024-03-01T00:00:00.000000Z\n +client_ip = 10.0.0.1\n +url = \/\d+/,
  )
  expect(await proxyRows()).toBe(0)
})

test('a replay that is killed, done by two at once and asked for again gives each line one row', async () => {
  await withClient(pipeline.databaseUrl, async (client) => {
    // The batch of the newest line cannot be had: the replay gets to its last page and no further.
    await client.query('BEGIN')
    await client.query(
      `SELECT FROM sluice.batches WHERE batch_hash =
         (SELECT batch_hash FROM sluice.dead_letters WHERE log_type = 'unclassified' ORDER BY dead_letter_id DESC LIMIT 1)
          FOR UPDATE`,
    )
    const replaying = pipeline.start(['dead-letters', 'replay', '--type', 'unclassified'])
    await pollUntil('it waits with pages behind it', async () => {
      const waiting = await pipeline.query(
        `SELECT FROM pg_stat_activity WHERE datname = current_database() AND wait_event_type = 'Lock'`,
      )
      return waiting.length === 1 && (await proxyRows()) > 0
    })
    expect(await replaying.kill()).toMatchObject({ signal: 'SIGKILL' })
    await client.query('ROLLBACK')
  })
  const rows = await proxyRows()
  expect(rows).toBeGreaterThan(0)
  expect(rows).toBeLessThan(PROXY_LINES)
  await pipeline.expectBalanced(LINES)

  const both = await Promise.all([json('replay', '--type', 'unclassified'), json('replay', '--all')])
  expect(both.reduce((sum, { lines }) => sum + lines.rows, 0)).toBe(PROXY_LINES - rows)
  expect(await json('replay', '--source', proxyLog)).toMatchObject({
    lines: { rows: 0, failed: BANNER_LINES },
  })
  expect(await proxyRows()).toBe(PROXY_LINES)
  expect(
    await pipeline.query(`SELECT FROM proxy_logs GROUP BY source_id, line_offset HAVING count(*) > 1`),
  ).toEqual([])
  expect(await pipeline.expectBalanced(LINES)).toMatchObject({ indexed: rowsBefore + PROXY_LINES })
})

test('what is dropped is out of sight and in the books', async () => {
  const { groups } = await json('list', '--source', proxyLog)
  expect(await deadLetters('drop', '--group', groups[0].id, '--because', 'banner of the appliance')).toBe(
    `${BANNER_LINES} dead letters dropped.\n`,
  )
  expect(await deadLetters('list', '--source', proxyLog)).toBe('No such dead letters.\n')
  expect(await deadLetters('list', '--source', proxyLog, '--dropped')).toContain('banner of the appliance')
  expect(await deadLetters('show', String(groups[0].sampleId))).toMatch(
    /^dropped +.*: banner of the appliance$/m,
  )
  expect(await deadLetters('replay', '--source', proxyLog)).toBe('No such dead letters.\n')
  expect(await pipeline.expectBalanced(LINES)).toMatchObject({
    deadLettered: LINES - rowsBefore - PROXY_LINES,
  })
})

test('entries that could not be opened are listed, shown and dropped as well', async () => {
  const { redis, key } = pipeline
  const fields = [
    'reason',
    'meta is not JSON',
    'stream',
    'raw',
    'id',
    '17-0',
    'meta',
    '{\x1b',
    'body',
    '\xff\x00\x01',
  ]
  const id = `dns/${await redis.xadd(key('dns', 'dead'), '*', ...fields)}`
  expect(await deadLetters('list')).toMatch(new RegExp(`dns +raw +meta is not JSON +1 .* ${id} `))
  expect(await deadLetters('show', id)).toMatch(/cannot be told(.|\n)*00000000 {2}7b 1b/)
  expect(await json('replay', id)).toMatchObject({ entries: { stay: [{ id }] } })
  expect(await deadLetters('drop', id, '--because', 'seen')).toBe(
    '1 entry that could not be opened dropped.\n',
  )
  expect(await redis.xlen(key('dns', 'dead'))).toBe(0)
})

test.each([
  [['replay'], 'nothing is selected'],
  [['replay', '7', '--all'], 'selected in two ways'],
  [['replay', 'x'], 'no id of a dead letter'],
  [['show', '999999999'], 'there is no dead letter 999999999'],
  [['drop', '--all'], "required option '--because <text>' not specified"],
  [['replay', '--from', 'yesterday'], 'expected ISO 8601'],
])('%j is refused: %s', async (args, message) => {
  const exit = await pipeline.sluice(['dead-letters', ...args])
  expect(exit).toMatchObject({ code: 2, stdout: '' })
  expect(exit.stderr).toContain(message)
})
