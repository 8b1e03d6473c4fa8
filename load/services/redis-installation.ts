import { spawnSync } from 'node:child_process'
import { platform } from 'node:os'
import { findRedisBinary, OLDEST_REDIS } from './redis-binary.js'

/** No Redis, and no way to install one: the message says what to do. */
export class NoRedisError extends Error {
  readonly code = 'SLUICE_NO_REDIS'
}

const NEEDED = `redis-server or valkey-server of version ${OLDEST_REDIS.major}.${OLDEST_REDIS.minor} or newer`
const OR_OWN_SERVERS = 'Or set DATABASE_URL and REDIS_URL to use servers of your own.'

/**
 * Installs Redis with the package manager of this machine if there is none. Of Debian's packages the tools are
 * enough: they contain the server, while the package redis-server would also run one on port 6379 from now on.
 */
export async function ensureRedis(say: (line: string) => void): Promise<void> {
  if (findRedisBinary()) return
  if (platform() === 'darwin') installWithHomebrew(say)
  else installWithApt(say)
  if (findRedisBinary()) return
  throw new NoRedisError(
    `No ${NEEDED} on PATH, also after installing this system's package, which may be too old. ` +
      'Install a newer one, for example from packages.redis.io as https://redis.io/docs/latest/operate/oss_and_stack/install/ ' +
      `describes. ${OR_OWN_SERVERS}`,
  )
}

function installWithHomebrew(say: (line: string) => void): void {
  if (!exists('brew'))
    throw new NoRedisError(`Homebrew is needed to install Redis: https://brew.sh. ${OR_OWN_SERVERS}`)
  say('installing Redis (brew install redis) …')
  if (!run(['brew', 'install', 'redis'])) {
    throw new NoRedisError(`"brew install redis" failed; its message is above. ${OR_OWN_SERVERS}`)
  }
}

function installWithApt(say: (line: string) => void): void {
  if (!exists('apt-get')) {
    throw new NoRedisError(`Please install ${NEEDED} and run this again. ${OR_OWN_SERVERS}`)
  }
  const asRoot = process.getuid?.() === 0 ? [] : ['sudo', '-n']
  if (asRoot.length > 0 && spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status !== 0) {
    throw new NoRedisError(
      'Redis is not installed, and sudo asks for a password. Please run "sudo apt-get install redis-tools" ' +
        `(it contains the server, without a service) and then this again. ${OR_OWN_SERVERS}`,
    )
  }
  say('installing Redis (apt-get install redis-tools) …')
  const apt = [
    ...asRoot,
    'env',
    'DEBIAN_FRONTEND=noninteractive',
    'NEEDRESTART_SUSPEND=1',
    'apt-get',
    '-q',
    '-y',
  ]
  // An update can fail for a source that has nothing to do with Redis.
  run([...apt, 'update'])
  if (!run([...apt, '-o', 'DPkg::Lock::Timeout=300', 'install', '--no-install-recommends', 'redis-tools'])) {
    throw new NoRedisError(
      `"apt-get install redis-tools" failed; its message is above. Please install ${NEEDED}. ${OR_OWN_SERVERS}`,
    )
  }
}

function exists(command: string): boolean {
  return spawnSync('/bin/sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0
}

function run([command = '', ...args]: string[]): boolean {
  return spawnSync(command, args, { stdio: ['ignore', 2, 2] }).status === 0
}
