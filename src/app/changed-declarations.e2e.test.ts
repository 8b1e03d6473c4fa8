import { readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { copyDeclarations, declareProxy, proxyFile } from '../../load/test/declarations.js'
import { pollUntil } from '../../load/test/poll-until.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type RoleProcess, type TestPipeline } from '../../load/test/test-pipeline.js'

const LINES = 1000
const CHUNK_LINES = 100

const numbers = Array.from({ length: LINES }, (_, i) => i)
const address = (network: number, i: number) => `10.${network}.${i >> 8}.${i & 255}`
const dnsLine = (i: number) =>
  `2024-01-15T10:23:45.123Z client ${address(1, i)} query: example-${i}.com IN A + (${address(2, i)}) NOERROR`
const proxyLine = (i: number) => `2024-01-15T10:23:45.123Z proxy ${address(1, i)} /page/${i}`
const fileOf = (line: (i: number) => string) => numbers.map((i) => `${line(i)}\n`).join('')

let pipeline: TestPipeline
let declarations: string
let file: string
beforeEach(async () => {
  file = join(await temporaryDirectory(), 'a.log')
  declarations = await copyDeclarations()
  pipeline = await createTestPipeline({
    env: { SLUICE_LOG_TYPES_DIRECTORY: declarations, SLUICE_READER_CHUNK_LINES: `${CHUNK_LINES}` },
  })
})

const waitForEntries = (logType: string, stream: 'raw' | 'rows') =>
  pollUntil(`everything is in the ${stream} stream of ${logType}`, async () => {
    return (await pipeline.redis.xlen(pipeline.key(logType, stream))) === LINES / CHUNK_LINES
  })

const migrate = async () => expect(await pipeline.sluice(['migrate'])).toMatchObject({ code: 0 })

const stop = async (...roles: RoleProcess[]) => {
  for (const role of roles) expect(await role.kill('SIGTERM')).toMatchObject({ code: 0 })
}

/** Leaves the lines of this file in the raw streams, and the type of some of them no longer declared. */
async function readAndUndeclareProxy(line: (i: number) => string): Promise<void> {
  await declareProxy(declarations)
  await writeFile(file, fileOf(line))
  await migrate()
  const reader = await pipeline.startRole('reader', [file])
  await waitForEntries('proxy', 'raw')
  await stop(reader)
  await rm(proxyFile(declarations))
}

test('rows that an older declaration with its columns in another order parsed are written as that meant them', async () => {
  await writeFile(file, fileOf(dnsLine))
  await migrate()
  const before = [await pipeline.startRole('reader', [file]), await pipeline.startRole('parser')]
  await waitForEntries('dns', 'rows')
  await stop(...before)
  // An indexer takes some of them and is not heard of again.
  const rows = pipeline.key('dns', 'rows')
  await pipeline.redis.xgroup('CREATE', rows, 'indexers', '0').catch((error: unknown) => {
    if (!String(error).includes('BUSYGROUP')) throw error
  })
  await pipeline.redis.xreadgroup('GROUP', 'indexers', 'stopped', 'COUNT', 4, 'STREAMS', rows, '>')

  const declaration = join(declarations, 'dns.yaml')
  const [version1, clientIp, serverIp] = [
    'version: 1\n',
    '  - { name: client_ip, type: inet, required: true }\n',
    '  - { name: server_ip, type: inet, required: true }\n',
  ]
  const older = await readFile(declaration, 'utf8')
  for (const part of [version1, clientIp, serverIp]) expect(older).toContain(part)
  // Both are addresses: Postgres would take one for the other without a word.
  const swapped = older
    .replace(version1, 'version: 2\n')
    .replace(clientIp, '<>')
    .replace(serverIp, clientIp)
    .replace('<>', serverIp)
  await writeFile(declaration, swapped)
  await migrate()

  await pipeline.startRole('all', [file])
  await pipeline.waitForLines(LINES)
  const found = await pipeline.query(
    `SELECT query_domain, host(client_ip) AS client_ip, host(server_ip) AS server_ip, parser_version
       FROM dns_logs ORDER BY line_offset`,
  )
  expect(found).toEqual(
    numbers.map((i) => ({
      query_domain: `example-${i}.com`,
      client_ip: address(1, i),
      server_ip: address(2, i),
      parser_version: 1,
    })),
  )
  expect(await pipeline.expectBalanced(LINES)).toMatchObject({ indexed: LINES, deadLettered: 0 })
})

test('ingest ends when the type of batches on their way is no longer declared: their lines have no type', async () => {
  await readAndUndeclareProxy(proxyLine)
  expect(await pipeline.ingest([file])).toMatchObject({ indexed: 0, deadLettered: LINES })
  expect(await pipeline.query('SELECT DISTINCT reason FROM sluice.dead_letters')).toEqual([
    { reason: 'no_type' },
  ])
  await pipeline.expectBalanced(LINES)
})

test('ingest says that it is stuck when chunks of a type no longer declared are committed in part', async () => {
  await readAndUndeclareProxy((i) => (i % 2 === 0 ? dnsLine(i) : proxyLine(i)))
  const others = [await pipeline.startRole('parser'), await pipeline.startRole('indexer')]
  await pipeline.waitForLines(LINES / 2)
  await stop(...others)

  const stuck = await pipeline.start(['ingest', file, '--json']).waitForExit({ timeoutMs: 60_000 })
  expect(stuck).toMatchObject({ code: 1 })
  expect(stuck.stderr).toContain('error SLUICE_INGEST_STUCK: ')
  // Nothing was lost meanwhile: with the declaration back, they arrive.
  await declareProxy(declarations)
  await pipeline.ingest([file])
  expect(await pipeline.expectBalanced(LINES)).toMatchObject({ indexed: LINES, deadLettered: 0 })
})
