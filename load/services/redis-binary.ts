import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { isExecutable, programDirectories } from './programs.js'

/** How to start the Redis (or Valkey) server of this machine. */
export interface RedisBinary {
  path: string
  /** The name to start it under: see CANDIDATES. */
  name: string
  version: string
}

export const OLDEST_REDIS = { major: 7, minor: 0 }

// Debian's redis-tools (and Ubuntu's) holds the server under the name redis-check-rdb, one binary that looks at
// the name it is called by; the package redis-server only adds a link, and a system service that nobody asked for.
const CANDIDATES = [
  { file: 'redis-server', name: 'redis-server' },
  { file: 'valkey-server', name: 'valkey-server' },
  { file: 'redis-check-rdb', name: 'redis-server' },
  { file: 'valkey-check-rdb', name: 'valkey-server' },
]

/** The first server on PATH that is new enough. */
export function findRedisBinary(path?: string): RedisBinary | undefined {
  for (const { file, name } of CANDIDATES) {
    for (const directory of programDirectories(path)) {
      const binary = join(directory, file)
      if (!isExecutable(binary)) continue
      const version = readVersion(binary, name)
      if (version !== undefined && isNewEnough(version)) return { path: binary, name, version }
    }
  }
  return undefined
}

/** The version in what `redis-server --version` prints; undefined if this is not a server's output. */
export function parseRedisVersion(output: string): string | undefined {
  return /server v=(\d+\.\d+\.\d+)/.exec(output)?.[1]
}

export function isNewEnough(version: string): boolean {
  const [major = 0, minor = 0] = version.split('.').map(Number)
  return major > OLDEST_REDIS.major || (major === OLDEST_REDIS.major && minor >= OLDEST_REDIS.minor)
}

function readVersion(path: string, name: string): string | undefined {
  const { stdout } = spawnSync(path, ['--version'], { argv0: name, encoding: 'utf8', timeout: 10_000 })
  return parseRedisVersion(stdout ?? '')
}
