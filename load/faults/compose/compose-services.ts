import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { findFreePort } from '../../services/free-port.js'
import type { EmbeddedServices } from '../../services/services.js'
import { pollUntil } from '../../test/poll-until.js'
import { compose, docker, project } from './docker.js'

const startMs = 120_000

/** PostgreSQL and Redis of a stack that is brought up for this, with handles to break and repair their containers. */
export async function startComposeServices(log: (line: string) => void): Promise<EmbeddedServices> {
  const ports = { postgres: await findFreePort(), redis: await findFreePort() }
  const env = {
    FAULTS_POSTGRES_PORT: String(ports.postgres),
    FAULTS_REDIS_PORT: String(ports.redis),
  }
  const directory = await mkdtemp(join(tmpdir(), 'sluice-faults-compose-'))
  const stop = async () => {
    await compose(env, 'down', '--volumes', '--timeout', '20')
    await rm(directory, { recursive: true, force: true })
  }
  try {
    log('building the image, and bringing PostgreSQL and Redis up …')
    await compose(env, 'build', 'sluice')
    await compose(env, 'up', '--detach', 'postgres', 'redis')
    const [postgres, redis] = await Promise.all([
      describeServer('postgres', ports.postgres, '/run/postgres-secrets/url'),
      describeServer('redis', ports.redis, '/run/redis-secrets/url'),
    ])
    return {
      databaseUrl: postgres.url,
      redisUrl: redis.url,
      directory,
      // Every stop is a crash: the container is gone, and what it had not written with it.
      postgres: { ...postgres, stop: () => postgres.end('SIGKILL') },
      redis: { ...redis, kill: () => redis.end('SIGKILL'), stop: () => redis.end('SIGTERM') },
      stop,
    }
  } catch (error) {
    await stop().catch(() => undefined)
    throw error
  }
}

async function describeServer(service: string, port: number, urlFile: string) {
  const container = await docker(
    ...['ps', '--quiet', '--filter', `label=com.docker.compose.project=${project}`],
    ...['--filter', `label=com.docker.compose.service=${service}`],
  )
  const state = () => docker('inspect', '--format', '{{.State.Running}} {{.State.Health.Status}}', container)
  const waitUntilHealthy = () =>
    pollUntil(`${service} is healthy`, async () => (await state()) === 'true healthy', { timeoutMs: startMs })
  await waitUntilHealthy()
  const url = new URL(await docker('exec', container, 'cat', urlFile))
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return {
    port,
    pid: undefined,
    url: url.href,
    exited: Promise.resolve(),
    async end(signal: NodeJS.Signals) {
      // By hand, so that the engine does not start it again.
      await docker('update', '--restart', 'no', container)
      await docker('kill', '--signal', signal, container)
      await pollUntil(`${service} has ended`, async () => (await state()).startsWith('false'), {
        timeoutMs: 60_000,
      })
    },
    async start() {
      await docker('start', container)
      await waitUntilHealthy()
    },
  }
}
