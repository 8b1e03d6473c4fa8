/** The part of the pipeline that a metric is about; `process` is every process, whatever it runs. */
export type MetricStage = 'reader' | 'parser' | 'indexer' | 'streams' | 'process'

/**
 * A label with all the values it can ever have. Never a file name, a message or anything else from the data: a
 * label value is a time series, and whoever writes the logs would decide how many there are.
 */
export interface Label<Value extends string> {
  readonly name: string
  /** 'log types' stands for the declared ones, which are known at start only. */
  readonly values: readonly Value[] | 'log types'
}

/** The positional arguments that name one series of a metric. */
export type LabelValues<Labels> = {
  -readonly [Index in keyof Labels]: Labels[Index] extends Label<infer Value> ? Value : never
}

interface Declared<Labels> {
  readonly name: string
  readonly help: string
  readonly unit: string
  readonly stage: MetricStage
  readonly labels: Labels
}

export interface CounterDeclaration<Labels extends readonly Label<string>[]> extends Declared<Labels> {
  readonly type: 'counter'
}

export interface GaugeDeclaration<Labels extends readonly Label<string>[]> extends Declared<Labels> {
  readonly type: 'gauge'
  /** Absent until it is first set, as a rule; a state that is known from the start begins at zero. */
  readonly startsAtZero: boolean
  /** Read when metrics are scraped; absent when it could not be read. */
  readonly live: boolean
}

export interface HistogramDeclaration<Labels extends readonly Label<string>[]> extends Declared<Labels> {
  readonly type: 'histogram'
  readonly buckets: readonly number[]
  /** The combinations of label values that occur, where not all do. */
  readonly series?: readonly (readonly string[])[]
}

export type MetricDeclaration =
  | CounterDeclaration<readonly Label<string>[]>
  | GaugeDeclaration<readonly Label<string>[]>
  | HistogramDeclaration<readonly Label<string>[]>

type About<Labels> = Omit<Declared<Labels>, 'name' | 'help' | 'labels'> & { readonly labels: Labels }

export function counter<const Labels extends readonly Label<string>[]>(
  name: `sluice_${string}_total`,
  help: string,
  about: About<Labels>,
): CounterDeclaration<Labels> {
  return { type: 'counter', name, help, ...about }
}

export function gauge<const Labels extends readonly Label<string>[]>(
  name: `sluice_${string}`,
  help: string,
  { startsAtZero = false, ...about }: About<Labels> & { readonly startsAtZero?: boolean },
): GaugeDeclaration<Labels> {
  return { type: 'gauge', name, help, live: false, startsAtZero, ...about }
}

/** A gauge that is read when metrics are scraped. */
export function liveGauge<const Labels extends readonly Label<string>[]>(
  name: `sluice_${string}`,
  help: string,
  about: About<Labels>,
): GaugeDeclaration<Labels> & { readonly live: true } {
  return { type: 'gauge', name, help, startsAtZero: false, ...about, live: true }
}

export function histogram<const Labels extends readonly Label<string>[]>(
  name: `sluice_${string}_${'seconds' | 'lines' | 'bytes'}`,
  help: string,
  about: About<Labels> & Pick<HistogramDeclaration<Labels>, 'buckets' | 'series'>,
): HistogramDeclaration<Labels> {
  return { type: 'histogram', name, help, ...about }
}

export function label<const Value extends string>(name: string, values: readonly Value[]): Label<Value> {
  return { name, values }
}
