import type { NaiveResult } from '../naive/run-naive.js'
import type { ServerFacts } from './server-facts.js'

/** What Sluice's `ingest --json` prints, as far as it is used here. */
export interface IngestSummary {
  readonly balanced: boolean
  readonly lines: number
  readonly indexed: number
  readonly deadLettered: number
  /** Its own measure, without the start of the process. */
  readonly seconds: number
}

export interface Comparison {
  readonly naive: NaiveResult
  readonly sluice: IngestSummary & {
    /** From the start of the process to its end. */
    readonly wallSeconds: number
    readonly rowsPerSecond: number
    readonly peakMemoryBytes: number
    readonly processes: number
    /** Totals and a sample of values are those that the generator foresaw. */
    readonly verified: boolean
  }
  /** Rows per second of Sluice over those of the naive pipeline; null when Sluice's result is not right. */
  readonly ratio: number | null
  readonly servers: ServerFacts
  readonly machine: { readonly cpus: number; readonly node: string; readonly platform: string }
}

/** The comparison as text, for people. */
export function formatComparison({ naive, sluice, ratio, servers, machine }: Comparison): string {
  const rows = [
    ['', 'rows', 'seconds', 'rows/s', 'ratio', 'peak memory'],
    ['naive', count(naive.rows), naive.seconds.toFixed(1), count(naive.rowsPerSecond), '1', ''],
    [
      'sluice',
      count(sluice.indexed),
      sluice.wallSeconds.toFixed(1),
      count(sluice.rowsPerSecond),
      ratio === null ? 'none' : ratio.toFixed(1),
      `${count(sluice.peakMemoryBytes / 2 ** 20)} MiB in ${sluice.processes} process${sluice.processes === 1 ? '' : 'es'}`,
    ],
  ]
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)))
  const table = rows.map((row) =>
    row
      .map((cell, column) =>
        column === 0 || column === 5 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!),
      )
      .join('  ')
      .trimEnd(),
  )
  const settings = (group: Readonly<Record<string, string>>) =>
    Object.entries(group)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')
  return [
    ...table,
    '',
    `balanced: ${sluice.balanced}, verified: ${sluice.verified}, dead letters: ${sluice.deadLettered}`,
    `PostgreSQL: ${settings(servers.postgres)}`,
    `Redis: ${settings(servers.redis)}`,
    `Machine: ${machine.cpus} CPUs, ${machine.platform}, Node ${machine.node}`,
    '',
  ].join('\n')
}

function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}
