import type { DashboardFile } from './dashboard-file.js'

export interface Timing {
  /** Between two points of a graph. */
  readonly stepSeconds: number
  readonly scrapeSeconds: number
}

/**
 * An expression as Grafana sends it when "All" is chosen everywhere.
 *
 * @throws Error when a variable is left that the dashboard does not have.
 */
export function fillVariables(
  expr: string,
  { templating }: Pick<DashboardFile, 'templating'>,
  timing: Timing,
): string {
  const filled = templating.list.reduce(
    (text, { name, allValue }) => (allValue === undefined ? text : text.replaceAll(`$${name}`, allValue)),
    expr.replaceAll('$__rate_interval', `${rateIntervalSeconds(timing)}s`),
  )
  const [unknown] = /\$[\w{]+/.exec(filled) ?? []
  if (unknown !== undefined) throw new Error(`${unknown} is no variable of the dashboard: ${expr}`)
  return filled
}

/** As Grafana has it: four scrapes at least, so that a rate survives a missing one. */
function rateIntervalSeconds({ stepSeconds, scrapeSeconds }: Timing): number {
  return Math.max(stepSeconds + scrapeSeconds, 4 * scrapeSeconds)
}

/** What `label_values(selector, label)` asks for. */
export function parseLabelValues(query: string): { selector: string; label: string } {
  const [, selector, label] = /^label_values\((.+), *(\w+)\)$/.exec(query) ?? []
  if (selector === undefined || label === undefined)
    throw new Error(`expected label_values(selector, label), got ${query}`)
  return { selector, label }
}

/** Grafana's legend of a series: `{{label}}` is the label's value, nothing if the series has none. */
export function fillLegend(format: string, labels: Readonly<Record<string, string>>): string {
  return format.replaceAll(/\{\{\s*(\w+)\s*\}\}/g, (_, label: string) => labels[label] ?? '').trim()
}
