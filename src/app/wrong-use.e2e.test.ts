import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { beforeAll, expect, onTestFinished, test } from 'vitest'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, type TestPipeline } from '../../load/test/test-pipeline.js'

/** A port at which nobody listens. */
const NOBODY = '127.0.0.1:1'

let pipeline: TestPipeline
let directory: string
beforeAll(async () => {
  pipeline = await createTestPipeline()
  directory = await temporaryDirectory()
})

test.each<[string, string[], NodeJS.ProcessEnv, number, string]>([
  ['an unknown command', ['swallow'], {}, 2, 'SLUICE_USAGE'],
  ['an unknown option', ['ingest', '.', '--fast'], {}, 2, 'SLUICE_USAGE'],
  ['an unknown role', ['run', '--role', 'boss'], {}, 2, 'SLUICE_USAGE'],
  ['nothing to ingest', ['ingest'], {}, 2, 'SLUICE_USAGE'],
  ['an unknown setting', ['status'], { SLUICE_PARSER_FOO: '1' }, 2, 'SLUICE_SETTINGS_INVALID'],
  ['a bad value', ['status'], { SLUICE_PARSER_BLOCK_MS: 'soon' }, 2, 'SLUICE_SETTINGS_INVALID'],
  ['settings at odds', ['status'], { SLUICE_PARSER_MIN_IDLE_MS: '100' }, 2, 'SLUICE_SETTINGS_INVALID'],
  ['a reset without --yes', ['reset'], {}, 2, 'SLUICE_CONFIRMATION_REQUIRED'],
  ['an id beyond its column', ['trace', 'row', '2147483648', '0'], {}, 2, 'SLUICE_USAGE'],
  ['a missing path', ['ingest', '/nowhere/at/all.log'], {}, 4, 'SLUICE_PATH_NOT_FOUND'],
  ['a pattern without matches', ['ingest', '/nowhere/*.log'], {}, 4, 'SLUICE_PATH_NOT_FOUND'],
  [
    'an unreachable PostgreSQL',
    ['migrate'],
    { DATABASE_URL: `postgres://me:hush@${NOBODY}/logs` },
    3,
    'SLUICE_POSTGRES_UNREACHABLE',
  ],
  [
    'an unreachable Redis',
    ['ingest', '.'],
    { REDIS_URL: `redis://:hush@${NOBODY}`, SLUICE_REDIS_COMMAND_TIMEOUT_MS: '500' },
    3,
    'SLUICE_REDIS_UNREACHABLE',
  ],
  ['a database without the schema', ['status'], {}, 3, 'SLUICE_SCHEMA_MISSING'],
  ['a service without the schema', ['run', '--role', 'parser'], {}, 3, 'SLUICE_SCHEMA_MISSING'],
  [
    'declarations that are not there',
    ['log-types', 'list'],
    { SLUICE_LOG_TYPES_DIRECTORY: '/nowhere' },
    2,
    'SLUICE_LOG_TYPE_INVALID',
  ],
])('%s ends with its exit code and says what to do', async (_, args, env, code, error) => {
  const exit = await pipeline.sluice(args, env)
  expect(exit).toMatchObject({ code, stdout: '' })
  expect(exit.stderr).toMatch(new RegExp(`^error ${error}: .+(\\n  .+)*\\n  do: .+\\n$`))
  expect(exit.stderr).not.toContain('hush')
})

test('whoever has seen enough of the output, as `| head` has, makes no command fail', async () => {
  const script = `{ "${process.execPath}" dist/src/main.js --help; echo "code $?" >&2; } | true`
  const { stderr } = await promisify(execFile)('sh', ['-c', script])
  expect(stderr).toBe('code 0\n')
})

test('a reader without paths, and a port that is taken, are refused at start', async () => {
  expect(await pipeline.sluice(['migrate'])).toMatchObject({ code: 0 })
  const pathless = await pipeline.sluice(['run', '--role', 'reader'])
  expect(pathless.code).toBe(2)
  expect(pathless.stderr).toContain('error SLUICE_USAGE: ')

  const server = createServer()
  onTestFinished(() => void server.close())
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const address = server.address()
  const port = typeof address === 'object' && address !== null ? address.port : 0
  const taken = await pipeline.sluice(['run', directory], { SLUICE_HTTP_PORT: String(port) })
  expect(taken.code).toBe(2)
  expect(taken.stderr).toContain('error SLUICE_HTTP_LISTEN_FAILED: ')
})

test('reset --yes removes everything, and ingest starts anew', async () => {
  const file = join(directory, 'a.log')
  await writeFile(
    file,
    '2024-01-15T10:23:45.123Z client 192.168.1.100 query: example.com IN A + (10.0.0.2) NOERROR\n',
  )
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 1 })
  expect(await pipeline.sluice(['reset', '--yes'])).toMatchObject({ code: 0 })
  expect(await pipeline.sluice(['reconcile'])).toMatchObject({ code: 3 })
  expect(await pipeline.query("SELECT FROM pg_tables WHERE schemaname ~ '^(public|sluice)'")).toEqual([])
  expect(await pipeline.redis.keys(pipeline.key('*', 'raw').replace('{*}:raw', '*'))).toEqual([])
  expect(await pipeline.ingest([file])).toMatchObject({ newLines: 1 })
  await pipeline.expectBalanced(1)
})
