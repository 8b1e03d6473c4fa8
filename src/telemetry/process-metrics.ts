import { collectDefaultMetrics, Registry } from 'prom-client'

/** The processes that one command consists of: that which serves /metrics, and that of parser and indexer beside it. */
export type ProcessName = 'main' | 'worker'

/** What Node and the operating system say of one process, as prom-client gives it; can be sent to another process. */
export type ProcessMetrics = Awaited<ReturnType<Registry['getMetricsAsJSON']>>

/** Reads the metrics of this process (processor, memory, event loop …), labelled with its name. */
export function readsProcessMetrics(process: ProcessName): () => Promise<ProcessMetrics> {
  const register = new Registry()
  collectDefaultMetrics({ register, labels: { process } })
  return () => register.getMetricsAsJSON()
}

interface Series {
  readonly value: number
  readonly labels: Readonly<Record<string, string | number | undefined>>
  /** Of histograms, whose series have names of their own. */
  readonly metricName?: string
}

/**
 * The text that Prometheus scrapes, for several processes: each metric is there once, with the series of all. Names
 * and labels are those of Node's own metrics; nothing in them comes from data.
 */
export function renderProcessMetrics(processes: readonly ProcessMetrics[]): string {
  const byName = new Map<string, { head: string; series: Series[] }>()
  for (const { name, help, type, values } of processes.flat()) {
    let metric = byName.get(name)
    if (metric === undefined) {
      metric = { head: `# HELP ${name} ${help}\n# TYPE ${name} ${type}\n`, series: [] }
      byName.set(name, metric)
    }
    metric.series.push(...(values as Series[]))
  }
  return [...byName]
    .map(([name, { head, series }]) => head + series.map((one) => renderSeries(name, one)).join(''))
    .join('\n')
}

function renderSeries(name: string, { metricName = name, labels, value }: Series): string {
  const pairs = Object.entries(labels).map(([label, text]) => `${label}="${escapeLabel(String(text))}"`)
  return `${metricName}{${pairs.join(',')}} ${Number.isNaN(value) ? 'NaN' : value}\n`
}

function escapeLabel(text: string): string {
  return text.replace(/[\\"\n]/g, (character) => (character === '\n' ? '\\n' : `\\${character}`))
}
