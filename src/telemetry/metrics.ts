import { Counter, Gauge, Histogram, type Registry } from 'prom-client'
import type {
  CounterDeclaration,
  GaugeDeclaration,
  HistogramDeclaration,
  LabelValues,
  MetricDeclaration,
} from './metric-declaration.js'
import { type MetricsTable, metricsTable, type Stage } from './metrics-table.js'

export interface CounterHandle<Labels extends readonly string[]> {
  add(amount: number, ...labels: Labels): void
}

export interface GaugeHandle<Labels extends readonly string[]> {
  /** Undefined: not known, so the series is not shown. */
  set(value: number | undefined, ...labels: Labels): void
}

export interface HistogramHandle<Labels extends readonly string[]> {
  observe(value: number, ...labels: Labels): void
}

type Values<Labels> = LabelValues<Labels> extends infer V extends readonly string[] ? V : never

type HandleOf<Declared> =
  Declared extends CounterDeclaration<infer Labels>
    ? CounterHandle<Values<Labels>>
    : Declared extends GaugeDeclaration<infer Labels>
      ? GaugeHandle<Values<Labels>>
      : Declared extends HistogramDeclaration<infer Labels>
        ? HistogramHandle<Values<Labels>>
        : never

/** One member per row of the metrics table. Stages do not use it: their events count and log at once. */
export type Metrics = { readonly [Name in keyof MetricsTable]: HandleOf<MetricsTable[Name]> }

type LiveName = {
  [Name in keyof MetricsTable]: MetricsTable[Name] extends { readonly live: true } ? Name : never
}[keyof MetricsTable]

/** The gauges that are read when metrics are scraped. */
export type LiveMetrics = Pick<Metrics, LiveName>

export const liveNames = (Object.keys(metricsTable) as (keyof MetricsTable)[]).filter(
  (name): name is LiveName => {
    const declared: MetricDeclaration = metricsTable[name]
    return declared.type === 'gauge' && declared.live
  },
)

/** What a value is counted under that its label does not declare: series are never made by data. */
const otherValue = 'other'

/**
 * All metrics of the table, with their known series at zero. Those of stages that do not run can be counted too,
 * but are not in the registry: their zeros would look like a stage that does nothing.
 */
export function createMetrics(
  registry: Registry,
  logTypes: readonly string[],
  stages: readonly Stage[],
): Metrics {
  const shown = new Set<string>([...stages, 'streams', 'process'])
  const entries = Object.entries<MetricDeclaration>(metricsTable).map(([name, declared]) => {
    const registers = shown.has(declared.stage) ? [registry] : []
    return [name, createHandle(declared, registers, logTypes, stages)]
  })
  // Each handle is made of the declaration from which its type is taken.
  return Object.fromEntries(entries) as unknown as Metrics
}

function createHandle(
  declared: MetricDeclaration,
  registers: Registry[],
  logTypes: readonly string[],
  stages: readonly string[],
): unknown {
  const { name, help } = declared
  const labelNames = declared.labels.map((label) => label.name)
  const allowed = declared.labels.map(({ values }) => (values === 'log types' ? logTypes : values))
  const stageAt = labelNames.indexOf('stage')
  const initial = (('series' in declared ? declared.series : undefined) ?? combine(allowed)).filter(
    (values) => stageAt === -1 || stages.includes(values[stageAt] ?? ''),
  )
  const config = { name, help, labelNames, registers }
  if (declared.type === 'counter') {
    const counter = new Counter(config)
    for (const values of initial) counter.labels(...values).inc(0)
    const child = cacheChildren(allowed, (values) => counter.labels(...values))
    return { add: (amount: number, ...values: string[]) => child(values).inc(amount) }
  }
  if (declared.type === 'gauge') {
    const gauge = new Gauge(config)
    // A gauge without labels starts at 0 on its own, and nothing is known about it yet.
    if (labelNames.length === 0) gauge.remove()
    if (declared.startsAtZero) for (const values of initial) gauge.labels(...values).set(0)
    const child = cacheChildren(allowed, (values) => gauge.labels(...values))
    return {
      set(value: number | undefined, ...values: string[]) {
        if (value === undefined) gauge.remove(...restrict(allowed, values))
        else child(values).set(value)
      },
    }
  }
  const histogram = new Histogram({ ...config, buckets: [...declared.buckets] })
  for (const values of initial) {
    histogram.zero(Object.fromEntries(values.map((value, index) => [labelNames[index], value])))
  }
  const child = cacheChildren(allowed, (values) => histogram.labels(...values))
  return { observe: (value: number, ...values: string[]) => child(values).observe(value) }
}

/** Looking a series up by its labels costs an object and a sort; per batch and label set it is done once. */
function cacheChildren<Child>(
  allowed: readonly (readonly string[])[],
  create: (values: readonly string[]) => Child,
): (values: readonly string[]) => Child {
  const children = new Map<string, Child>()
  return (values) => {
    const key = values.length === 1 ? values[0]! : values.join('\n')
    let child = children.get(key)
    if (child === undefined) {
      const restricted = restrict(allowed, values)
      child = create(restricted)
      // Only declared values are kept, so that what is not declared cannot make the cache grow.
      if (restricted.every((value, index) => value === values[index])) children.set(key, child)
    }
    return child
  }
}

function restrict(allowed: readonly (readonly string[])[], values: readonly string[]): string[] {
  return allowed.map((known, index) => {
    const value = values[index] ?? otherValue
    return known.length === 0 || known.includes(value) ? value : otherValue
  })
}

/** All combinations of the values of several labels; one empty combination without labels. */
function combine(values: readonly (readonly string[])[]): string[][] {
  return values.reduce<string[][]>(
    (combinations, column) =>
      combinations.flatMap((combination) => column.map((value) => [...combination, value])),
    [[]],
  )
}
