import { appendFile, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyDeclarations } from '../../load/test/declarations.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type RoleProcess } from '../../load/test/test-pipeline.js'

const LINES_EACH = 1200
const PHASES = 4

/** A firewall line with a field that only version 2 has a column for. */
const line = (i: number) =>
  `2024-01-15T10:${String(Math.floor(i / 60) % 60).padStart(2, '0')}:${String(i % 60).padStart(2, '0')}.000Z` +
  `|action=accept|src=10.0.${i >> 8}.${i & 255}|dst=10.9.9.9|proto=TCP|src_port=${1024 + i}|dst_port=443` +
  `|bytes_sent=${i}|rule=web|session=${1_000_000 + i}`

/** The declarations before and after the upgrade. */
async function twoVersions(): Promise<{ older: NodeJS.ProcessEnv; newer: NodeJS.ProcessEnv }> {
  const [older, newer] = [await copyDeclarations(), await copyDeclarations()]
  const file = join(newer, 'firewall.yaml')
  const text = (await readFile(file, 'utf8'))
    .replace('version: 1\n', 'version: 2\n')
    .replace('columns:\n', 'columns:\n  - { name: session_id, from: session, type: bigint }\n')
  expect(text).toMatch(/version: 2[\s\S]*session_id/)
  await writeFile(file, text)
  const env = (directory: string) => ({ SLUICE_LOG_TYPES_DIRECTORY: directory })
  return { older: env(older), newer: env(newer) }
}

test.each<['parser' | 'indexer', 'parser' | 'indexer']>([
  ['parser', 'indexer'],
  ['indexer', 'parser'],
])('a column is added while lines come: first to the %s, then to the %s', async (first, second) => {
  const { older, newer } = await twoVersions()
  const pipeline = await createTestPipeline({ env: { SLUICE_READER_CHUNK_LINES: '50' } })
  const file = join(await temporaryDirectory(), 'a.log')
  await writeFile(file, '')
  let written = 0
  const bring = async (): Promise<void> => {
    const lines = Array.from({ length: LINES_EACH }, (_, i) => `${line(written + i)}\n`)
    written += LINES_EACH
    await appendFile(file, lines.join(''))
    await pipeline.waitForLines(written)
  }
  const stop = async (role: RoleProcess) => expect(await role.kill('SIGTERM')).toMatchObject({ code: 0 })

  expect(await pipeline.sluice(['migrate'], older)).toMatchObject({ code: 0 })
  await pipeline.startRole('reader', [file], older)
  const before = {
    parser: await pipeline.startRole('parser', [], older),
    indexer: await pipeline.startRole('indexer', [], older),
  }
  await bring()
  // Both versions of the one are at work, then only the newer one, and the same with the other.
  await pipeline.startRole(first, [], newer)
  await bring()
  await stop(before[first])
  await bring()
  await pipeline.startRole(second, [], newer)
  await stop(before[second])
  await bring()

  expect(written).toBe(LINES_EACH * PHASES)
  const result = await pipeline.expectBalanced(written)
  expect(result).toMatchObject({ indexed: written, deadLettered: 0 })
  // Nothing had to be published again, and nothing was set aside.
  expect(await pipeline.redis.xlen(pipeline.key('firewall', 'dead'))).toBe(0)
  expect(await pipeline.query('SELECT sum(publishings_again)::int AS n FROM sluice.chunks')).toEqual([
    { n: 0 },
  ])

  const rows = await pipeline.query<{
    bytes_sent: string
    parser_version: number
    id: string | null
    extra: unknown
  }>('SELECT bytes_sent, parser_version, session_id AS id, extra FROM firewall_logs ORDER BY bytes_sent')
  expect(rows).toEqual(
    rows.map(({ parser_version }, i) => {
      const session = String(1_000_000 + i)
      const values = parser_version === 2 ? { id: session, extra: null } : { id: null, extra: { session } }
      return { bytes_sent: String(i), parser_version, ...values }
    }),
  )
  const versions = rows.map(({ parser_version }) => parser_version)
  expect(versions.slice(0, LINES_EACH)).toEqual(Array(LINES_EACH).fill(1))
  expect(versions.slice(-LINES_EACH)).toEqual(Array(LINES_EACH).fill(2))

  const shown = await pipeline.sluice(['log-types', 'fields', 'firewall', '--json'], newer)
  const oldRows = versions.filter((version) => version === 1).length
  expect(JSON.parse(shown.stdout)).toMatchObject({
    logTypes: [
      {
        rows: written,
        isWhole: true,
        fields: [{ name: 'session', column: 'session_id', rows: oldRows, looksLike: 'integer' }],
      },
    ],
  })
  const filled = await pipeline.sluice(['log-types', 'fill', 'firewall', 'session_id', '--json'], newer)
  expect(JSON.parse(filled.stdout)).toEqual({
    ...{ logType: 'firewall', column: 'session_id', filled: oldRows, refused: {} },
  })
  expect(
    await pipeline.query(
      `SELECT count(*)::int AS n FROM firewall_logs WHERE session_id = 1000000 + bytes_sent AND extra IS NULL`,
    ),
  ).toEqual([{ n: written }])
  expect(await pipeline.expectBalanced(written)).toEqual(result)
})
