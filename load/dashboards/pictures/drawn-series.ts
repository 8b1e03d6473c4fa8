import type { Series } from '../../monitoring/prometheus-api.js'
import type { PanelFile } from '../dashboard-file.js'
import { fillLegend } from '../variables.js'

/** One line of a graph, or one number. */
export interface DrawnSeries {
  readonly legend: string
  readonly color: string
  readonly points: Series['points']
}

/** Grafana's classic palette, in its order. */
const palette = [
  '#73BF69',
  '#F2CC0C',
  '#8AB8FF',
  '#FF780A',
  '#F2495C',
  '#5794F2',
  '#B877D9',
  '#705DA0',
  '#37872D',
  '#FADE2A',
  '#447EBC',
  '#C15C17',
  '#890F02',
  '#0A437C',
  '#6D1F62',
  '#584477',
]

/** The answers to a panel's queries, in order, named and coloured. */
export function nameSeries(
  targets: PanelFile['targets'],
  answers: ReadonlyArray<readonly Series[]>,
): DrawnSeries[] {
  return targets
    .flatMap(({ legendFormat }, index) =>
      (answers[index] ?? []).map(({ labels, points }) => ({
        legend: fillLegend(legendFormat, labels),
        points: points.filter(([, value]) => Number.isFinite(value)),
      })),
    )
    .map((series, index) => ({ ...series, color: palette[index % palette.length]! }))
}
