import type { MetricDeclaration } from '../../src/telemetry/metric-declaration.js'
import { metricsTable } from '../../src/telemetry/metrics-table.js'

/** The declared metrics by the names that their series have in Prometheus. */
export const declaredSeries: ReadonlyMap<string, MetricDeclaration> = new Map(
  Object.values<MetricDeclaration>(metricsTable).flatMap(seriesOf),
)

function seriesOf(metric: MetricDeclaration): Array<[string, MetricDeclaration]> {
  const endings = metric.type === 'histogram' ? ['_bucket', '_count', '_sum'] : ['']
  return endings.map((ending) => [metric.name + ending, metric])
}
