import { waitForDeathAt } from '../../failpoint-reached.js'
import { countPublishedAgain } from '../../published-again.js'
import { waitForMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

const hourMs = 3_600_000

export const clocksApart: Scenario = {
  name: 'clocks-apart',
  faults: [62],
  title:
    'The clock of the reader is an hour ahead, that of the parsers an hour behind; a parser dies meanwhile.',
  observe:
    'The logs of the processes disagree by up to two hours. `sluice_read_to_commit_seconds` is as wrong as the clock of the reader. The times of the events, idle times, claims and what is published again are not affected.',
  discuss:
    'Which decisions are made by comparing two times, and whose clock gave each of them? What would break first if a chunk carried the time at which it was cut, and its age were computed by somebody else?',
  recovery:
    'Nothing has to recover. How long an entry has been idle is measured by Redis, how old a chunk is by PostgreSQL, how long a process has waited by its own monotonic clock. The clock of the day is used for what people read, and to decide for how many days ahead of today there are partitions.',
  async run(trial) {
    const written = trial.keepWriting()
    await trial.startRole('indexer')
    const reader = await trial.startRole('reader', [trial.logs], clockOff(hourMs))
    const doomed = await trial.startRole('parser', [], {
      ...clockOff(-hourMs),
      SLUICE_LIFECYCLE_FAILPOINTS: `parser.batch-parsed=kill@${3 + trial.random.below(10)}`,
    })
    for (const [process, offMs] of [
      [reader, hourMs],
      [doomed, -hourMs],
    ] as const) {
      const [line] = await process.waitForLine(/^.*"Sluice runs\."/)
      const said = /"time":"([^"]+)"/.exec(line)?.[1] ?? ''
      const measuredMs = Date.parse(said) - Date.now()
      if (!(Math.abs(measuredMs - offMs) < hourMs / 2)) throw new Error(`the clock is not off: ${said}`)
    }
    await waitForDeathAt(trial, doomed, 'parser.batch-parsed')
    const successor = await trial.startRole('parser', [], clockOff(-hourMs))
    await waitForMetric(successor, 'sluice_claims_total', { stage: 'parser' })
    return {
      oracle: await written,
      async check() {
        const again = await countPublishedAgain(trial)
        if (again > 0) throw new Error(`${again} chunks were published again for nothing`)
      },
    }
  },
}

/** For a process of Node: what it takes for the time is off by so much. */
function clockOff(ms: number): NodeJS.ProcessEnv {
  const code = `
    const now = () => RealDate.now() + ${ms}
    const RealDate = Date
    globalThis.Date = new Proxy(RealDate, {
      construct: (date, args, to) => Reflect.construct(date, args.length === 0 ? [now()] : args, to),
      apply: () => new RealDate(now()).toString(),
      get: (date, name) => (name === 'now' ? now : Reflect.get(date, name)),
    })`
  return { NODE_OPTIONS: `--import=data:text/javascript,${encodeURIComponent(code)}` }
}
