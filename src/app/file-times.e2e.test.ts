import { utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { copyDeclarations } from '../../load/test/declarations.js'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline } from '../../load/test/test-pipeline.js'

const declaration = (version: number, address: string) => `name: visits
version: ${version}
table: visits_logs
detect: ["{token} {token} {token} visit ", "{token}  {token} {token} visit "]
format:
  kind: dissect
  pattern: "{timestamp} visit {client_ip} {page}"
columns:
  - { name: timestamp, type: timestamptz, required: true, formats: ["%b %e %H:%M:%S"] }
  - { name: client_ip, type: inet, ${address} }
  - { name: page, type: text, required: true }
`

test('a time without a year keeps its year when the file is touched and its lines are parsed again', async () => {
  const declarations = await copyDeclarations()
  const declare = (version: number, address: string) =>
    writeFile(join(declarations, 'visits.yaml'), declaration(version, address))
  const pipeline = await createTestPipeline({ env: { SLUICE_LOG_TYPES_DIRECTORY: declarations } })
  const file = join(await temporaryDirectory(), 'a.log')
  const lines = [
    'Dec 31 23:59:58 visit 10.0.0.1 /a',
    'Dec 31 23:59:59 visit nowhere /b',
    'Jan  1 00:00:01 visit 10.0.0.2 /c',
  ]
  await writeFile(file, `${lines.join('\n')}\n`)
  await utimes(file, new Date(), new Date('2021-01-05T12:00:00Z'))
  await declare(1, 'required: true')
  await pipeline.ingest([file])
  const rows = () =>
    pipeline.query(
      `SELECT page, to_char(timestamp, 'YYYY-MM-DD') AS day FROM visits_logs ORDER BY line_offset`,
    )
  const [a, b, c] = [
    { page: '/a', day: '2020-12-31' },
    { page: '/b', day: '2020-12-31' },
    { page: '/c', day: '2021-01-01' },
  ]
  expect(await rows()).toEqual([a, c])

  await utimes(file, new Date(), new Date())
  await declare(2, 'nulls: [nowhere]')
  expect(await pipeline.sluice(['migrate'])).toMatchObject({ code: 0 })
  const replayed = await pipeline.sluice(['dead-letters', 'replay', '--type', 'visits'])
  expect(replayed, replayed.stderr).toMatchObject({ code: 0 })
  expect(await rows()).toEqual([a, b, c])
  const window = ['--from', '2020-01-01', '--to', '2022-01-01']
  const again = await pipeline.sluice(['reprocess', '--type', 'visits', ...window])
  expect(again, again.stderr).toMatchObject({ code: 0 })
  expect(await rows()).toEqual([a, b, c])
  expect(await pipeline.query('SELECT DISTINCT parser_version AS v FROM visits_logs')).toEqual([{ v: 2 }])
  expect(await pipeline.expectBalanced(3)).toMatchObject({ indexed: 3 })
})
