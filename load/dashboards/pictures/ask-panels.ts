import type { PrometheusApi, Series, TimeRange } from '../../monitoring/prometheus-api.js'
import type { DashboardFile } from '../dashboard-file.js'
import { fillVariables, type Timing } from '../variables.js'

/** What Prometheus says to each query of each panel, by the panel's id: over the range, or at its end. */
export async function askPanels(
  prometheus: PrometheusApi,
  dashboard: DashboardFile,
  range: TimeRange,
  timing: Timing,
): Promise<Map<number, Series[][]>> {
  const answers = new Map<number, Series[][]>()
  for (const { id, targets } of dashboard.panels) {
    const answered = targets.map(({ expr, instant }) => {
      const query = fillVariables(expr, dashboard, timing)
      return instant
        ? prometheus.query(query, range.to)
        : prometheus.queryRange(query, range, timing.stepSeconds)
    })
    answers.set(id, await Promise.all(answered))
  }
  return answers
}
