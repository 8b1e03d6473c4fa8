import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canEnter, choosePostgresAccount } from './postgres-binaries.js'
import { startEmbeddedServices } from './services.js'

/** `npm run services`: a Postgres and a Redis to play with, whose data stays from one run to the next. */
const CHECKOUT = fileURLToPath(new URL('../../../', import.meta.url))
const PREFERRED_PORTS = { postgres: 15432, redis: 16379 }

async function main(): Promise<void> {
  const directory = process.env.SLUICE_SERVICES_DIRECTORY ?? (await chooseDirectory())
  const interrupted = new Promise<string>((resolve) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => resolve(signal))
  })
  const services = await startEmbeddedServices({
    directory,
    persistent: true,
    preferredPorts: PREFERRED_PORTS,
  })
  process.stdout.write(
    [
      '# Postgres and Redis are running. In another terminal:',
      `export DATABASE_URL='${services.databaseUrl}'`,
      `export REDIS_URL='${services.redisUrl}'`,
      `# The data is in ${directory} and stays there. Ctrl-C stops both.`,
      '',
    ].join('\n'),
  )
  // Neither the servers nor signal handlers keep the event loop alive.
  const keepAlive = setInterval(() => undefined, 60_000)
  const died = (name: string) => () => `${name} ended; its log is in ${directory}`
  const reason = await Promise.race([
    interrupted,
    services.postgres.exited.then(died('Postgres')),
    services.redis.exited.then(died('Redis')),
  ])
  process.stderr.write(`${reason}: stopping\n`)
  await services.stop()
  clearInterval(keepAlive)
  process.exitCode = reason.startsWith('SIG') ? 0 : 1
}

/** In the checkout, unless the account that Postgres runs under cannot get there (a checkout below /root). */
async function chooseDirectory(): Promise<string> {
  const inCheckout = join(CHECKOUT, '.sluice', 'services')
  await mkdir(inCheckout, { recursive: true })
  if (canEnter(inCheckout, choosePostgresAccount())) return inCheckout
  // Not below /tmp, where somebody else could have made a directory of this name first.
  return `/var/lib/sluice-services-of-${createHash('sha256').update(CHECKOUT).digest('hex').slice(0, 12)}`
}

try {
  await main()
} catch (error) {
  // The log of a server that does not start is part of the message; a trace would only bury it.
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
  process.exitCode = 1
}
