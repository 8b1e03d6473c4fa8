import { join } from 'node:path'
import pg from 'pg'
import { expect, test } from 'vitest'
import { writeLogs } from '../generate/write-logs.js'
import { startNode } from '../test/sluice-process.js'
import { temporaryDirectory } from '../test/temporary-directory.js'
import { testDatabase, testRedisUrl } from '../test/test-database.js'

test('the naive pipeline commits the asked-for lines, one row each, and reports its speed', async () => {
  const directory = join(await temporaryDirectory(), 'logs')
  await writeLogs({ lines: 300, files: 2 }, { directory })
  const databaseUrl = await testDatabase()
  const paths = [join(directory, 'logs_0000.log'), join(directory, 'logs_0001.log')]
  const naive = startNode('dist/load/naive/main.js', ['--lines', '200', ...paths], {
    DATABASE_URL: databaseUrl,
    REDIS_URL: testRedisUrl(),
  })
  const { code, stdout, stderr } = await naive.waitForExit()
  expect(stderr).toBe('')
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({ lines: 200, rows: 200, dropped: 0 })

  const client = new pg.Client({ connectionString: databaseUrl })
  await client.connect()
  const { rows } = await client.query<{ source_file: string; lines: number; commits: number }>(`
    SELECT source_file, count(*)::int AS lines, count(DISTINCT xmin::text)::int AS commits
      FROM naive.logs GROUP BY 1 ORDER BY 1`)
  await client.end()
  expect(rows).toEqual([
    { source_file: 'logs_0000.log', lines: 150, commits: 150 },
    { source_file: 'logs_0001.log', lines: 50, commits: 50 },
  ])
})
