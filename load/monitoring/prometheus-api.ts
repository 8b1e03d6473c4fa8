import { z } from 'zod'

const point = z.tuple([z.number(), z.string()])
const labels = z.record(z.string(), z.string())
const series = z.object({ metric: labels, values: z.array(point) })
const samples = z.discriminatedUnion('resultType', [
  z.object({ resultType: z.literal('vector'), result: z.array(z.object({ metric: labels, value: point })) }),
  z.object({ resultType: z.literal('scalar'), result: point }),
])
const failure = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() })
const ruleList = z.object({
  groups: z.array(
    z.object({
      rules: z.array(z.object({ name: z.string(), health: z.string(), lastError: z.string().optional() })),
    }),
  ),
})
const alertList = z.object({ alerts: z.array(z.object({ labels, state: z.string() })) })
const targetList = z.object({
  activeTargets: z.array(
    z.object({ scrapePool: z.string(), scrapeUrl: z.string(), health: z.string(), lastError: z.string() }),
  ),
})

/** A course of values. NaN is a value that PromQL could not tell, such as 0 / 0. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>
  /** In order of time. */
  readonly points: ReadonlyArray<readonly [seconds: number, value: number]>
}

export type AlertState = 'pending' | 'firing'

/** From and to as seconds since 1970. */
export interface TimeRange {
  readonly from: number
  readonly to: number
}

/** The HTTP API of a Prometheus. Every function throws what Prometheus says against a query. */
export class PrometheusApi {
  constructor(private readonly url: string) {}

  /** As a graph asks: a value for every step of the range that has one. */
  async queryRange(query: string, { from, to }: TimeRange, stepSeconds: number): Promise<Series[]> {
    const parameters = { query, start: String(from), end: String(to), step: String(stepSeconds) }
    const { result } = z
      .object({ result: z.array(series) })
      .parse(await this.#ask('/api/v1/query_range', parameters))
    return result.map(({ metric, values }) => ({ labels: metric, points: values.map(toPoint) }))
  }

  /** As a number asks: the values at one time. */
  async query(query: string, at?: number): Promise<Series[]> {
    const parameters = { query, ...(at === undefined ? {} : { time: String(at) }) }
    const answer = samples.parse(await this.#ask('/api/v1/query', parameters))
    if (answer.resultType === 'scalar') return [{ labels: {}, points: [toPoint(answer.result)] }]
    return answer.result.map(({ metric, value }) => ({ labels: metric, points: [toPoint(value)] }))
  }

  /** The values of a label among the series that a selector finds. */
  async labelValues(label: string, selector: string): Promise<string[]> {
    const path = `/api/v1/label/${encodeURIComponent(label)}/values`
    return z.array(z.string()).parse(await this.#ask(path, { 'match[]': selector }))
  }

  /** The alerts that are pending or fire, by name. One that fires for one of its targets fires. */
  async alerts(): Promise<Map<string, AlertState>> {
    const { alerts } = alertList.parse(await this.#ask('/api/v1/alerts'))
    const states = new Map<string, AlertState>()
    for (const { labels: named, state } of alerts) {
      const name = named.alertname ?? ''
      if (state === 'firing' || !states.has(name)) states.set(name, state === 'firing' ? 'firing' : 'pending')
    }
    return states
  }

  /** Rules that could not be evaluated, with the reason. */
  async failedRules(): Promise<string[]> {
    const { groups } = ruleList.parse(await this.#ask('/api/v1/rules'))
    return groups
      .flatMap(({ rules }) => rules)
      .filter(({ health }) => health === 'err')
      .map(({ name, lastError }) => `${name}: ${lastError ?? 'no reason given'}`)
  }

  /** Targets that have not answered, with the reason; a target that was not asked yet is one of them. */
  async unwellTargets(): Promise<string[]> {
    const { activeTargets } = targetList.parse(await this.#ask('/api/v1/targets', { state: 'active' }))
    if (activeTargets.length === 0) return ['no target is known yet']
    return activeTargets
      .filter(({ health }) => health !== 'up')
      .map(
        ({ scrapePool, scrapeUrl, health, lastError }) =>
          `${scrapePool} ${scrapeUrl} is ${health}: ${lastError}`,
      )
  }

  async #ask(path: string, parameters: Record<string, string> = {}): Promise<unknown> {
    const response = await fetch(`${this.url}${path}?${new URLSearchParams(parameters)}`, {
      signal: AbortSignal.timeout(20_000),
    })
    const answer: unknown = await response.json()
    const refused = failure.safeParse(answer)
    if (refused.success) throw new Error(`Prometheus: ${refused.data.errorType}: ${refused.data.error}`)
    return z.object({ data: z.unknown() }).parse(answer).data
  }
}

function toPoint([seconds, value]: z.infer<typeof point>): readonly [number, number] {
  // "+Inf" is not what Number reads.
  return [seconds, value.endsWith('Inf') ? Number(`${value}inity`) : Number(value)]
}
