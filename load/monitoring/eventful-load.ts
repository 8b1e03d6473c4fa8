import { setTimeout as sleep } from 'node:timers/promises'
import { pollUntil } from '../test/poll-until.js'
import { startWatchedStack, type WatchedStack } from './watched-stack.js'

/** How often Prometheus asks: five times as often as in production, so that minutes show what hours would. */
export const scrapeSeconds = 2

/**
 * Some minutes with something to see on every dashboard: a steady load, a parser that hangs and is replaced, bad
 * lines, two minutes without PostgreSQL, and a burst. The caller stops the stack.
 */
export async function playEventfulLoad(tell: (line: string) => void): Promise<WatchedStack> {
  const startedMs = Date.now()
  const say = (line: string): void => tell(`${Math.round((Date.now() - startedMs) / 1000)} s: ${line}`)
  const stack = await startWatchedStack({
    intervalMs: scrapeSeconds * 1000,
    replicas: { parser: 2, indexer: 1 },
    env: { SLUICE_LEDGER_PROVE_EVERY_MS: '60000' },
    tell: say,
  })
  try {
    const now = ['--start', new Date().toISOString().slice(0, 19).concat('Z')]
    say('two thousand lines a second')
    stack.generate('steady', [
      ...[...now, '--events-per-second', '2000'],
      ...['--lines', '10000000', '--rate', '2000', '--hostile', '0.5'],
      ...['--rotate', 'rename', '--rotate-lines', '100000'],
    ])
    await pollUntil('Prometheus reaches everything', async () => {
      return (await stack.prometheus.unwellTargets()).length === 0
    })
    await sleep(45_000)

    const [victim] = stack.roles.filter(({ role }) => role === 'parser')
    if (victim === undefined) throw new Error('there is no parser to stop')
    say('a parser hangs, with batches in its hands')
    victim.process.kill('SIGSTOP')
    await sleep(45_000)
    say('it is killed, and another takes its place')
    await stack.replace(victim)
    await sleep(20_000)

    say('every third line of a new file is bad')
    stack.generate('bad', ['--lines', '15000', '--rate', '500', '--hostile', '33', '--seed', '2'])
    await sleep(45_000)

    say('PostgreSQL stops')
    await stack.services.postgres.stop('fast')
    await sleep(120_000)
    say('PostgreSQL is back')
    await stack.services.postgres.start()
    await sleep(40_000)

    say('ten times as many lines')
    stack.generate('burst', ['--lines', '400000', '--rate', '20000', '--seed', '3'])
    await sleep(60_000)
    return stack
  } catch (error) {
    await stack.stop()
    throw error
  }
}
