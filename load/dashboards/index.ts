import { buildDashboard } from './build.js'
import { data } from './data.js'
import { overview } from './overview.js'
import { processes } from './processes.js'
import { servers } from './servers.js'
import type { DashboardSpec } from './spec.js'
import { stages } from './stages.js'

export const dashboards: readonly DashboardSpec[] = [overview, stages, data, servers, processes]

/** The file of a dashboard, relative to the root of the repository, and its content. */
export function renderDashboard(spec: DashboardSpec): { readonly path: string; readonly content: string } {
  return {
    path: `grafana/dashboards/${spec.uid}.json`,
    content: `${JSON.stringify(buildDashboard(spec), null, 2)}\n`,
  }
}
