import type { BenchReport } from '../bench-report.js'
import { tablesOf } from './all-tables.js'
import { describeConditions } from './section-tables.js'
import { renderTextTable } from './table.js'

/** A run for people, on a terminal. */
export function renderText(report: BenchReport): string {
  const tables = [...tablesOf(report).values()].flat()
  return [...tables.map(renderTextTable), ...describeConditions(report), ''].join('\n')
}
