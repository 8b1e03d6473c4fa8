import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { generateRecords } from '../../load/generate/generate-records.js'
import { copyDeclarations, proxyFile } from '../../load/test/declarations.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline } from '../../load/test/test-pipeline.js'

/** With a column of each kind. */
const PROXY = `
name: proxy
version: 1
order: 40
table: proxy_logs
detect: ["{token} proxy "]
format:
  kind: dissect
  pattern: "{timestamp} proxy {client_ip} {method} {url} {status} {bytes_sent}"
columns:
  - { name: timestamp, type: timestamptz, required: true }
  - { name: client_ip, type: inet, required: true }
  - { name: method, type: text, required: true }
  - { name: url, type: text, required: true }
  - { name: status, type: integer, required: true, min: 100, max: 599 }
  - { name: bytes_sent, type: bigint, required: true, min: 0 }
indexes:
  - [client_ip, timestamp]
`

test('a fourth log type takes one file: its lines get their table, and show in the view of all', async () => {
  const directory = await temporaryDirectory()
  const declarations = await copyDeclarations()
  await writeFile(proxyFile(declarations), PROXY)
  const others = [...generateRecords({ seed: 81, lines: 200 })].map(({ line }) => line.toString('latin1'))
  const proxied = Array.from(
    { length: 50 },
    (_, i) =>
      `2024-02-01T10:00:${String(i).padStart(2, '0')}.000Z proxy 10.1.2.${i} GET /page/${i} 200 ${i * 1000}`,
  )
  const refused = '2024-02-01T10:01:00.000Z proxy 10.1.2.3 GET /teapot 999 1'
  const mixed = others.flatMap((line, i) => (i % 4 === 0 ? [line, proxied[i / 4]!] : [line]))
  const file = join(directory, 'mixed.log')
  await writeFile(file, `${[...mixed, refused].join('\n')}\n`)

  const pipeline = await createTestPipeline({ env: { SLUICE_LOG_TYPES_DIRECTORY: declarations } })
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 251, indexed: 250, deadLettered: 1 })
  await pipeline.expectBalanced(251)

  const rows = await pipeline.query(
    `SELECT host(client_ip) AS client_ip, method, url, status, bytes_sent, extra FROM proxy_logs ORDER BY timestamp`,
  )
  expect(rows).toHaveLength(50)
  expect(rows[7]).toEqual({
    client_ip: '10.1.2.7',
    method: 'GET',
    url: '/page/7',
    status: 200,
    bytes_sent: '7000',
    extra: null,
  })
  expect(
    await pipeline.query(
      "SELECT source_file, parsed_data->>'url' AS url FROM logs WHERE log_type = 'proxy' AND parsed_data->>'url' = '/page/7'",
    ),
  ).toEqual([{ source_file: file, url: '/page/7' }])
  expect(await pipeline.query('SELECT log_type, reason FROM sluice.dead_letters')).toEqual([
    { log_type: 'proxy', reason: 'out_of_range' },
  ])
  const list = await pipeline.sluice(['log-types', 'list'])
  expect(list).toMatchObject({ code: 0 })
  expect(list.stdout).toMatch(
    /^proxy\s+yes\s+1\s+proxy_logs\s+timestamp client_ip method url status bytes_sent/m,
  )
})

test('lines of a type that is declared later stay dead letters, and new ones get their table', async () => {
  const directory = await temporaryDirectory()
  const declarations = await copyDeclarations()
  const file = join(directory, 'proxy.log')
  await writeFile(file, '2024-02-01T10:00:00.000Z proxy 10.1.2.3 GET /early 200 1\n')
  const pipeline = await createTestPipeline({ env: { SLUICE_LOG_TYPES_DIRECTORY: declarations } })
  expect(await pipeline.ingest([file])).toMatchObject({ indexed: 0, deadLettered: 1 })

  await writeFile(proxyFile(declarations), PROXY)
  await writeFile(join(directory, 'later.log'), '2024-02-01T10:00:01.000Z proxy 10.1.2.3 GET /late 200 1\n')
  expect(await pipeline.ingest([join(directory, '*.log')])).toMatchObject({ newLines: 1, indexed: 1 })
  expect(await pipeline.query('SELECT url FROM proxy_logs')).toEqual([{ url: '/late' }])
  await pipeline.expectBalanced(2)
})
