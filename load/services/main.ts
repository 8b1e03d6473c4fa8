import { createHash } from 'node:crypto'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { canEnter, choosePostgresAccount } from './postgres-binaries.js'
import { type Services, startEmbeddedServices } from './services.js'

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
  process.stdout.write(howToUse(services, directory))
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

/** What to type, ready to be pasted; all else is a comment to a shell, so that all of it may be pasted as well. */
function howToUse({ databaseUrl, redisUrl }: Services, directory: string): string {
  return [
    '# A PostgreSQL and a Redis are running. Open another terminal in the directory of the checkout, and paste these two',
    '# lines there; commands of that terminal then use these servers:',
    '',
    `export DATABASE_URL='${databaseUrl}'`,
    `export REDIS_URL='${redisUrl}'`,
    '',
    '# Then, for example: npx sluice ingest /var/log/firewall',
    '#',
    '# Both go on until you press Ctrl-C in this terminal, or close it. The data stays, and the two lines above stay the',
    '# same as long as the ports are free: the next `npm run services` goes on with it. It is in',
    `#   ${directory}`,
    '# To begin anew: npx sluice reset --yes, or remove that directory after Ctrl-C.',
    '',
  ].join('\n')
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
