import type { PrometheusApi } from '../monitoring/prometheus-api.js'

/** How data flows, told while one waits. Over three scrapes, so that it shows what has just been done. */
export const flowExpressions = {
  read: 'sum(rate(sluice_reader_lines_total[30s]))',
  committed: 'sum(rate(sluice_indexer_rows_total[30s])) + sum(rate(sluice_indexer_dead_letters_total[30s]))',
  waiting: 'sum(sluice:stream_entries:max{stream!="dead"})',
  unreadBytes: 'sum(sluice_reader_unread_bytes)',
} as const

export type Flow = Readonly<Record<keyof typeof flowExpressions, number | undefined>>

export async function readFlow(prometheus: PrometheusApi): Promise<Flow> {
  const names = Object.keys(flowExpressions) as (keyof Flow)[]
  const values = await Promise.all(
    names.map(async (name) => [name, await readFlowValue(prometheus, name)] as const),
  )
  return Object.fromEntries(values) as Flow
}

/** Undefined where there is no data. */
export async function readFlowValue(
  prometheus: PrometheusApi,
  name: keyof Flow,
): Promise<number | undefined> {
  const [first] = await prometheus.query(flowExpressions[name])
  return first?.points[0]?.[1]
}

export function formatFlow({ read, committed, waiting, unreadBytes }: Flow): string {
  const megabytes = unreadBytes === undefined ? undefined : unreadBytes / 1e6
  return (
    `read ${format(read)} lines/s, committed ${format(committed)} lines/s, ` +
    `${format(waiting)} batches in the streams, ${format(megabytes, 1)} MB not read`
  )
}

/** A dash where nobody is there to tell. */
function format(value: number | undefined, digits = 0): string {
  return value === undefined ? '–' : value.toLocaleString('en', { maximumFractionDigits: digits })
}
