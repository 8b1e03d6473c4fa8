import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Command } from 'commander'
import { writeLogs } from '../generate/write-logs.js'
import { openInstallation } from '../installation/installation.js'
import { withClient } from '../services/postgres-server.js'
import { createDatabase, startEmbeddedServices } from '../services/services.js'
import { timeLastDay } from './last-day.js'

const secondsOfDay = 86_400

/** Loads a day of firewall events and prints how long the questions about it take, as a table of Markdown. */
async function main(): Promise<void> {
  const { lines } = new Command('queries')
    .option('--lines <n>', 'firewall events, all of them within 24 hours', Number, 10_000_000)
    .parse()
    .opts<{ lines: number }>()
  const directory = await mkdtemp(join(tmpdir(), 'sluice-queries-'))
  const services = await startEmbeddedServices({
    postgresSettings: { shared_buffers: '512MB', max_wal_size: '4GB' },
  })
  try {
    const databaseUrl = await createDatabase(services.databaseUrl, 'questions')
    await writeLogs(
      { lines, files: 8, shares: { firewall: 1, dns: 0, auth: 0 }, eventsPerSecond: lines / secondsOfDay },
      { directory: join(directory, 'logs') },
    )
    const installation = openInstallation({
      databaseUrl,
      redisUrl: services.redisUrl,
      keyPrefix: 'questions',
    })
    const ingested = await installation.sluice(['ingest', '--json', join(directory, 'logs')])
    installation.redis.disconnect()
    if (ingested.code !== 0) throw new Error(ingested.stderr)
    // What autovacuum does in its own time.
    await withClient(databaseUrl, (client) => client.query('VACUUM (ANALYZE)'))
    const times = await timeLastDay(services, databaseUrl)
    const ms = (value: number) => value.toFixed(value < 10 ? 1 : 0)
    process.stdout.write(
      [
        '| | from | rows | cold ms | warm ms |',
        '|---|---|--:|--:|--:|',
        ...times.map(
          (time) =>
            `| ${time.question} | ${time.from} | ${time.rows} | ${ms(time.coldMs)} | ${ms(time.warmMs)} |`,
        ),
        '',
      ].join('\n'),
    )
  } finally {
    await services.stop()
    await rm(directory, { recursive: true, force: true })
  }
}

await main()
