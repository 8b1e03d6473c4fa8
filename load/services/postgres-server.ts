import { execFile } from 'node:child_process'
import { access, appendFile, chown, mkdir, rename, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { Client } from 'pg'
import { findFreePort } from './free-port.js'
import type { Keeper } from './keeper.js'
import {
  type Account,
  choosePostgresAccount,
  findPostgresBinaries,
  makeRunnable,
  type PostgresBinaries,
} from './postgres-binaries.js'
import { ServerProcess, withoutPostgresVariables } from './server-process.js'

const run = promisify(execFile)

/** The Postgres of a test or a demo. `stop` and `start` are for whoever wants to see what an outage does. */
export interface PostgresServer {
  readonly port: number
  /** undefined while it is down */
  readonly pid: number | undefined
  /** of the database `sluice` */
  readonly url: string
  readonly exited: Promise<void>
  /** `fast` ends the sessions and writes everything out; `immediate` is a crash: the next start recovers. */
  stop(mode: 'fast' | 'immediate'): Promise<void>
  /** Starts it again: same port, same data. */
  start(): Promise<void>
}

export interface PostgresServerOptions {
  directory: string
  password: string
  keeper: Keeper
  preferredPort?: number
  settings?: Record<string, string>
  /** How long `stop('fast')` may take before it becomes an immediate one. */
  stopTimeoutMs: number
}

const USER = 'sluice'
const DATABASE = 'sluice'
const PORT_ATTEMPTS = 5
// Recovery after a crash in the middle of a load replays up to max_wal_size.
const READY_TIMEOUT_MS = 180_000

// Sized for loading on a machine of 2 cores and 4 GB. Durability stays on: what is measured and tested here is a
// database that survives a power cut.
const SETTINGS: Record<string, string> = {
  fsync: 'on',
  synchronous_commit: 'on',
  shared_buffers: '512MB',
  max_wal_size: '4GB',
  checkpoint_timeout: '15min',
  max_connections: '100',
  timezone: 'UTC',
  log_timezone: 'UTC',
}

export async function startPostgresServer(options: PostgresServerOptions): Promise<PostgresServer> {
  const account = choosePostgresAccount()
  const binaries = await makeRunnable(await findPostgresBinaries(), account, options.directory)
  const data = join(options.directory, 'postgres')
  if (!(await exists(join(data, 'PG_VERSION')))) {
    await initialiseCluster(binaries, account, data, options)
  }
  await writeSettings(binaries, account, data, { ...SETTINGS, ...options.settings })

  let port = 0
  let server: ServerProcess | undefined
  const urlOf = (database: string): string =>
    `postgresql://${USER}:${options.password}@127.0.0.1:${port}/${database}`

  const startOnce = async (): Promise<boolean> => {
    server = await ServerProcess.start(
      {
        binary: binaries.postgres,
        args: ['-D', data, '-p', String(port), '-h', '127.0.0.1', '-k', ''],
        cwd: options.directory,
        logFile: join(options.directory, 'postgres.log'),
        ...(account ? { account } : {}),
      },
      options.keeper,
      'INT',
    )
    return server.waitUntilReady(() => acceptsConnections(urlOf('postgres')), READY_TIMEOUT_MS)
  }

  for (let attempt = 1; ; attempt++) {
    // Between finding a free port and binding it somebody else may take it.
    port = await findFreePort(attempt === 1 ? options.preferredPort : 0)
    if (await startOnce()) break
    if (attempt === PORT_ATTEMPTS) throw new Error(`Postgres does not start:\n${server?.logTail()}`)
  }
  await createDatabaseIfMissing(urlOf('postgres'), DATABASE)

  return {
    get port() {
      return port
    },
    get pid() {
      return server?.running ? server.pid : undefined
    },
    get exited() {
      return server?.exited ?? Promise.resolve()
    },
    url: urlOf(DATABASE),
    stop: async (mode) =>
      server?.stop([
        ...(mode === 'fast' ? [{ signal: 'SIGINT' as const, waitMs: options.stopTimeoutMs }] : []),
        { signal: 'SIGQUIT', waitMs: 10_000 },
        { signal: 'SIGKILL', waitMs: 10_000 },
      ]),
    start: async () => {
      if (server?.running) return
      if (!(await startOnce())) throw new Error(`Postgres does not start again:\n${server?.logTail()}`)
    },
  }
}

/** initdb beside the final place, so that an interrupted one is never taken for a cluster. */
async function initialiseCluster(
  binaries: PostgresBinaries,
  account: Account | undefined,
  data: string,
  { keeper, password }: PostgresServerOptions,
): Promise<void> {
  const unfinished = `${data}.unfinished`
  const passwordFile = join(unfinished, '.password')
  await rm(unfinished, { recursive: true, force: true })
  await mkdir(join(unfinished, 'data'), { recursive: true, mode: 0o700 })
  await writeFile(passwordFile, `${password}\n`, { mode: 0o600 })
  if (account) {
    for (const path of [unfinished, join(unfinished, 'data'), passwordFile]) {
      await chown(path, account.uid, account.gid)
    }
  }
  const initdb = run(
    binaries.initdb,
    [
      `--pgdata=${join(unfinished, 'data')}`,
      `--username=${USER}`,
      `--pwfile=${passwordFile}`,
      '--auth=scram-sha-256',
      // The same sort order and messages on every machine.
      '--encoding=UTF8',
      '--no-locale',
      '--locale-provider=builtin',
      '--builtin-locale=C.UTF-8',
    ],
    { cwd: unfinished, env: withoutPostgresVariables(process.env), ...account },
  )
  const { pid } = initdb.child
  if (pid !== undefined) keeper.watch(pid, 'KILL')
  await initdb.finally(() => pid !== undefined && keeper.forget(pid))
  await appendFile(join(unfinished, 'data', 'postgresql.conf'), "\ninclude 'sluice.conf'\n")
  await rename(join(unfinished, 'data'), data)
  await rm(unfinished, { recursive: true, force: true })
}

async function writeSettings(
  binaries: PostgresBinaries,
  account: Account | undefined,
  data: string,
  settings: Record<string, string>,
): Promise<void> {
  const file = join(data, 'sluice.conf')
  const lines = Object.entries(settings).map(
    ([name, value]) => `${name} = '${value.replaceAll("'", "''")}'\n`,
  )
  await writeFile(file, lines.join(''))
  if (account) await chown(file, account.uid, account.gid)
  if ('wal_compression' in settings) return
  // lz4 is a build option, and this is how Postgres says whether it has it.
  const probe = run(binaries.postgres, ['-D', data, '-C', 'wal_compression', '-c', 'wal_compression=lz4'], {
    cwd: data,
    env: withoutPostgresVariables(process.env),
    ...account,
  })
  if (
    await probe.then(
      () => true,
      () => false,
    )
  )
    await appendFile(file, "wal_compression = 'lz4'\n")
}

async function acceptsConnections(url: string): Promise<boolean> {
  return withClient(url, async () => true).catch(() => false)
}

async function createDatabaseIfMissing(url: string, name: string): Promise<void> {
  await withClient(url, async (client) => {
    const { rowCount } = await client.query('SELECT FROM pg_database WHERE datname = $1', [name])
    if (rowCount === 0) await client.query(`CREATE DATABASE ${client.escapeIdentifier(name)}`)
  })
}

/** A connection for the length of `use`. */
export async function withClient<T>(url: string, use: (client: Client) => Promise<T>): Promise<T> {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: 10_000 })
  client.on('error', () => undefined)
  try {
    await client.connect()
    return await use(client)
  } finally {
    await client.end().catch(() => undefined)
  }
}

function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  )
}
