import type { BenchReport, Section } from '../bench-report.js'
import { contestTables } from './contest-tables.js'
import { costTables } from './cost-tables.js'
import {
  catalogueTables,
  latencyTables,
  parseTables,
  queriesTables,
  scalingTables,
  sizesTables,
  stagesTables,
} from './section-tables.js'
import type { Table } from './table.js'

/** The tables of every section that was measured. */
export function tablesOf(report: BenchReport): Map<Section, Table[]> {
  const { contest, stages, latency, scaling, parse, catalogue, sizes, cost } = report
  const tables = new Map<Section, Table[]>()
  if (contest) tables.set('contest', contestTables(contest))
  if (stages) tables.set('stages', stagesTables(stages))
  if (latency) tables.set('latency', latencyTables(latency))
  if (scaling) tables.set('scaling', scalingTables(scaling))
  if (parse) tables.set('parse', parseTables(parse))
  if (catalogue) tables.set('catalogue', catalogueTables(catalogue))
  if (sizes) tables.set('sizes', sizesTables(sizes))
  if (sizes?.some(({ queries }) => queries !== undefined)) tables.set('queries', queriesTables(sizes))
  if (cost) tables.set('cost', costTables(cost, contest))
  return tables
}
