import type { ContestReport } from './contest/contest.js'
import { SLUICE_ID } from './contest/contestants.js'
import { isRight } from './contest/run-sluice.js'
import type { CostReport } from './cost/cost-report.js'
import type { CatalogueCostReport } from './sections/catalogue-cost.js'
import type { LatencyReport } from './sections/latency.js'
import type { ParseSpeedReport } from './sections/parse-speed.js'
import type { ScalingReport, StagesReport } from './sections/scaling.js'
import type { SizeReport } from './sections/sizes.js'
import type { ServerFacts } from './server-facts.js'

/** What can be measured, in the order in which it is. */
export const SECTIONS = [
  'contest',
  'stages',
  'latency',
  'scaling',
  'parse',
  'catalogue',
  'sizes',
  'queries',
  'cost',
] as const
export type Section = (typeof SECTIONS)[number]

/** Everything that one run measured; a section that was not asked for is absent. */
export interface BenchReport {
  readonly startedAt: string
  readonly seconds: number
  readonly servers: ServerFacts
  readonly machine: {
    readonly cpus: number
    readonly cpuModel: string
    readonly memoryBytes: number
    readonly node: string
    readonly platform: string
    /** Share of the processors' time that others took meanwhile, 0 to 100; null without /proc. */
    readonly othersPercent: number | null
  }
  readonly contest?: ContestReport
  readonly stages?: StagesReport
  readonly latency?: LatencyReport
  readonly scaling?: ScalingReport
  readonly parse?: ParseSpeedReport
  readonly catalogue?: CatalogueCostReport
  /** With `queries` in each, if they were asked for. */
  readonly sizes?: readonly SizeReport[]
  readonly cost?: CostReport
}

/** Whether everything that Sluice wrote was what it had to write, and the queries' answers were the same. */
export function isEverythingRight({ contest, catalogue, sizes }: BenchReport): boolean {
  const rounds = contest?.contestants.find(({ id }) => id === SLUICE_ID)?.rounds ?? []
  return (
    catalogue?.right !== false &&
    rounds.every(({ sluice }) => sluice !== undefined && isRight(sluice)) &&
    (sizes ?? []).every(({ right, queries }) => right && (queries ?? []).every(({ equal }) => equal))
  )
}
