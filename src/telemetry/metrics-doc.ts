import type { MetricDeclaration } from './metric-declaration.js'
import { metricsTable } from './metrics-table.js'

const stageTitles: Readonly<Record<MetricDeclaration['stage'], string>> = {
  reader: 'Reader',
  parser: 'Parser',
  indexer: 'Indexer',
  streams: 'Streams, read when metrics are scraped',
  process: 'Every process',
}

/** The generated part of docs/metrics.md: a table per stage. */
export function renderMetricsDoc(): string {
  const metrics: readonly MetricDeclaration[] = Object.values(metricsTable)
  return Object.entries(stageTitles)
    .map(([stage, title]) => {
      const rows = metrics.filter((declared) => declared.stage === stage).map(renderRow)
      return [`## ${title}`, '', '| Metric | Type | Unit | Labels |', '|---|---|---|---|', ...rows].join('\n')
    })
    .join('\n\n')
}

function renderRow(declared: MetricDeclaration): string {
  const labels = declared.labels.map(({ name, values }) => {
    if (values === 'log types' || values.length === 0) return `\`${name}\``
    return `\`${name}\`: ${values.join(', ')}`
  })
  const cells = [
    `\`${declared.name}\`<br>${declared.help}`,
    declared.type,
    declared.unit,
    labels.join('<br>'),
  ]
  return `| ${cells.join(' | ')} |`
}
