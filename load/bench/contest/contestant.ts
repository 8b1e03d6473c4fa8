import type { TableSize } from '../disk.js'
import type { FreshServers } from '../environment.js'
import type { ServerUsage } from '../server-usage.js'
import type { Spread } from '../statistics.js'
import type { SluiceResult } from './run-sluice.js'

/** Who takes part: the groups that the chart shows apart. */
export type ContestantGroup = 'naive' | 'level' | 'copy' | 'sluice'

export interface ContestantRun {
  readonly rows: number
  readonly seconds: number
  /** What went through the queue, where the contestant counts it. */
  readonly messages?: number
  readonly messageBytes?: number
  /** Whether the result is right; asked when time no longer counts, while the database is still there. */
  readonly check?: () => Promise<SluiceResult>
}

export interface Contestant {
  /** Part of the JSON: stays as it is. */
  readonly id: string
  readonly title: string
  readonly group: ContestantGroup
  /** Works through its lines on empty servers and tells how long it took. */
  run(servers: FreshServers): Promise<ContestantRun>
}

export interface ContestantRound extends Omit<ContestantRun, 'check'> {
  readonly sluice?: SluiceResult
  /** Processor time of the contestant's own processes, their start-up included; null without /proc. */
  readonly cpuSeconds: number | null
  readonly usage: ServerUsage
  readonly tables: readonly TableSize[]
}

export interface ContestantReport {
  readonly id: string
  readonly title: string
  readonly group: ContestantGroup
  readonly rows: number
  readonly rowsPerSecond: Spread
  /** Of the medians. */
  readonly timesNaive: number
  /** Of the medians, against text COPY on two connections. */
  readonly timesCopyLimit: number
  readonly rounds: readonly ContestantRound[]
}
