import type { BenchEnvironment, GeneratedLogs } from '../environment.js'
import type { SluiceRole } from '../sluice-service.js'
import { runService, type ServiceRun } from './service-run.js'

/** One process for each role: what each stage costs. */
export type StagesReport = ServiceRun

export interface ScalingReport {
  readonly lines: number
  readonly runs: ReadonlyArray<{
    readonly parsers: number
    readonly indexers: number
    readonly linesPerSecond: number
    readonly seconds: number
  }>
}

export function measureStages(environment: BenchEnvironment, logs: GeneratedLogs): Promise<StagesReport> {
  environment.log('stages: reader, parser and indexer as separate processes')
  return runService(environment, logs, ['indexer', 'parser', 'reader'])
}

/** One reader, and every number of parsers with every number of indexers. */
export async function measureScaling(
  environment: BenchEnvironment,
  logs: GeneratedLogs,
  maxParsers: number,
  maxIndexers: number,
): Promise<ScalingReport> {
  const { lines } = logs.oracle.totals
  const runs = []
  for (let indexers = 1; indexers <= maxIndexers; indexers++) {
    for (let parsers = 1; parsers <= maxParsers; parsers++) {
      const roles: SluiceRole[] = [
        ...new Array<SluiceRole>(indexers).fill('indexer'),
        ...new Array<SluiceRole>(parsers).fill('parser'),
        'reader',
      ]
      const { seconds } = await runService(environment, logs, roles)
      const linesPerSecond = Math.round(lines / seconds)
      environment.log(`scaling: ${parsers} parsers, ${indexers} indexers: ${linesPerSecond} lines/s`)
      runs.push({ parsers, indexers, seconds, linesPerSecond })
    }
  }
  return { lines, runs }
}
