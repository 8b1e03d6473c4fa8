import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type DashboardFile, readDashboardFiles } from '../dashboards/dashboard-file.js'
import { parseLabelValues } from '../dashboards/variables.js'
import { pollUntil } from '../test/poll-until.js'
import { emptyInHealth, thisMachine } from './empty-in-health.js'
import { exporterJobs } from './exporters.js'
import {
  alertExpressions,
  alertSelectors,
  type Expression,
  panelExpressions,
  recordingExpressions,
} from './expressions.js'
import type { Series } from './prometheus-api.js'
import { startWatchedStack, type WatchedStack } from './watched-stack.js'

// Everything that is drawn or alerted on is asked of a real Prometheus, while real roles are at work.

const intervalMs = 1_000
const timing = { stepSeconds: 1, scrapeSeconds: 1 }
/** What health leaves empty must have had the time to be anything else. */
const leastSeconds = 10
const dashboards = readDashboardFiles()
const expressions = [...panelExpressions(dashboards, timing), ...recordingExpressions(), ...alertSelectors()]

let stack: WatchedStack
let healthySince = 0

beforeAll(async () => {
  stack = await startWatchedStack({ intervalMs, env: { SLUICE_LEDGER_PROVE_EVERY_MS: '1000' } })
  stack.generate('lines', ['--lines', '10000000', '--rate', '3000', '--hostile', '1'])
  await pollUntil('every target is up', async () => (await stack.prometheus.unwellTargets()).length === 0)
  const isCommitting = async () =>
    (await stack.prometheus.query('sum(sluice:acknowledged_batches:rate5m) > 0')).length > 0
  await pollUntil('Prometheus sees what is committed', isCommitting, { timeoutMs: 30_000 })
  healthySince = Date.now() / 1000
})
afterAll(() => stack?.stop())

describe('under load', () => {
  it('every panel, every rule and all that alerts look at has data, or is known to be empty in health', async () => {
    const unanswered = new Map(expressions.map((expression) => [expression.name, expression]))
    const faults: string[] = []
    const ask = async (): Promise<boolean> => {
      const range = { from: healthySince, to: Date.now() / 1000 }
      for (const expression of unanswered.values()) {
        const { name, expr } = expression
        const answer = await stack.prometheus
          .queryRange(expr, range, timing.stepSeconds)
          .catch((error: unknown) => `${name}: ${error instanceof Error ? error.message : String(error)}`)
        if (typeof answer !== 'string' && !answer.some(hasValue)) continue
        unanswered.delete(name)
        faults.push(...(typeof answer === 'string' ? [answer] : missingLabels(expression, answer)))
      }
      return unexpected().length === 0 && range.to - range.from > leastSeconds
    }
    const unexpected = (): string[] => [...unanswered.keys()].filter((name) => !mayBeEmpty(name))
    await pollUntil('everything else has data', ask, { timeoutMs: 40_000, intervalMs: 1_000 }).catch(
      () => undefined,
    )

    expect({
      empty: unexpected(),
      wronglyListedAsEmpty: Object.keys(emptyInHealth).filter((name) => !unanswered.has(name)),
      refusedOrWithoutALabelThatIsShown: faults,
    }).toEqual({ empty: [], wronglyListedAsEmpty: [], refusedOrWithoutALabelThatIsShown: [] })
  })

  it('no alert has anything to say for long', async () => {
    const loud = new Set(alertExpressions().filter(({ name }) => !(name in thisMachine)))
    const areQuiet = async (): Promise<boolean> => {
      for (const alert of loud)
        if ((await stack.prometheus.query(alert.expr)).length === 0) loud.delete(alert)
      return loud.size === 0
    }
    await pollUntil('every alert is quiet', areQuiet, { timeoutMs: 20_000 }).catch(() => undefined)
    expect([...loud].map(({ name }) => name)).toEqual([])
  })

  it('Prometheus evaluates every rule, and reaches every target', async () => {
    expect(await stack.prometheus.failedRules()).toEqual([])
    await pollUntil('every target is up', async () => (await stack.prometheus.unwellTargets()).length === 0)
  })

  it('asking for metrics is not counted as work that waits for a connection', async () => {
    const waited = 'min_over_time(sum(sluice_postgres_connections{state="waited_for"})[10s:1s])'
    expect((await stack.prometheus.query(waited)).map(({ points }) => points[0]?.[1])).toEqual([0])
  })

  it.each(dashboards.flatMap(choices))('%s has values to choose from', async (_, query) => {
    const { label, selector } = parseLabelValues(query)
    expect(await stack.prometheus.labelValues(label, selector)).not.toEqual([])
  })
})

/** A machine without an exporter cannot tell what is in its metrics. */
function mayBeEmpty(name: string): boolean {
  if (name in emptyInHealth) return true
  const expr = expressions.find((expression) => expression.name === name)?.expr ?? ''
  return (Object.keys(exporterJobs) as Array<keyof typeof exporterJobs>).some(
    (job) => !stack.exporters.includes(job) && expr.includes(exporterJobs[job].prefix),
  )
}

function hasValue({ points }: Series): boolean {
  return points.some(([, value]) => !Number.isNaN(value))
}

function missingLabels({ name, labels }: Expression, answer: readonly Series[]): string[] {
  return labels
    .filter((label) => !answer.some((series) => series.labels[label]))
    .map((label) => `${name}: the answer has no label ${label}`)
}

function choices({ uid, templating }: DashboardFile): Array<[string, string]> {
  return templating.list.flatMap(({ name, type, query }) =>
    type === 'query' && typeof query !== 'string'
      ? [[`${uid}, ${name}`, query.query] as [string, string]]
      : [],
  )
}
