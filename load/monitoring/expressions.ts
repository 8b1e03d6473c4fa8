import type { DashboardFile } from '../dashboards/dashboard-file.js'
import { fillVariables, type Timing } from '../dashboards/variables.js'
import { selectorsOf } from './expression-metrics.js'
import { readRules } from './rule-files.js'

/** Something that a dashboard or a rule asks Prometheus. */
export interface Expression {
  /** Unique, for people: a rule's name, or `dashboard: panel: legend`. */
  readonly name: string
  readonly expr: string
  /** Labels that the answer has to have, because a legend shows them. */
  readonly labels: readonly string[]
}

/** Every query of every panel, as Grafana would send it. */
export function panelExpressions(dashboards: readonly DashboardFile[], timing: Timing): Expression[] {
  return dashboards.flatMap((dashboard) =>
    dashboard.panels.flatMap((panel) =>
      panel.targets.map(({ expr, legendFormat }) => ({
        name: `${dashboard.uid.replace('sluice-', '')}: ${panel.title}: ${legendFormat}`,
        expr: fillVariables(expr, dashboard, timing),
        labels: [...legendFormat.matchAll(/\{\{(\w+)\}\}/g)].map(([, label = '']) => label),
      })),
    ),
  )
}

export function recordingExpressions(): Expression[] {
  return readRules().flatMap(({ record, expr }) =>
    record === undefined ? [] : [{ name: record, expr, labels: [] }],
  )
}

/** The alerts themselves, which say something only when something is wrong. */
export function alertExpressions(): Expression[] {
  return readRules().flatMap(({ alert, expr }) =>
    alert === undefined ? [] : [{ name: alert, expr, labels: [] }],
  )
}

/** What the alerts look at, series by series: an alert is blind where this says nothing. */
export function alertSelectors(): Expression[] {
  const selectors = alertExpressions().flatMap(({ name, expr }) =>
    selectorsOf(expr).map(({ metric, matchers }) => {
      const compared = matchers.map(({ label, operator, value }) => `${label}${operator}"${value}"`)
      const selector = compared.length === 0 ? metric : `${metric}{${compared.join(', ')}}`
      return { name: `${name}: ${selector}`, expr: selector, labels: [] }
    }),
  )
  return [...new Map(selectors.map((selector) => [selector.name, selector])).values()]
}
