import type { TimeRange } from '../../monitoring/prometheus-api.js'
import type { FieldDefaults } from '../dashboard-file.js'
import { chooseMarks, chooseTimeMarks, formatTime } from './axis.js'
import type { DrawnSeries } from './drawn-series.js'
import { escapeHtml } from './escape-html.js'
import { formatValue } from './format-value.js'

export interface GraphSize {
  readonly width: number
  readonly height: number
}

const edge = { right: 18, top: 8, bottom: 20 }
const characterWidth = 6.8

/** A time series panel's plot as SVG. Values without a neighbour within `gapSeconds` are not joined. */
export function drawGraph(
  series: readonly DrawnSeries[],
  defaults: FieldDefaults,
  range: TimeRange,
  gapSeconds: number,
  { width, height }: GraphSize,
): string {
  const isStacked = defaults.custom?.stacking?.mode === 'normal'
  const areas = isStacked ? stack(series) : series.map((one) => ({ ...one, floor: undefined }))
  const values = areas.flatMap(({ points }) => points.map(([, value]) => value))
  const least = defaults.min ?? Math.min(0, ...values)
  const most = defaults.max ?? roomAbove(Math.max(...values, least), least)
  const marks = chooseMarks(
    least,
    most,
    (height - edge.top - edge.bottom) / 38,
    defaults.unit === 'bytes' ? 'binary' : 'decimal',
  ).map((value) => ({ value, text: formatValue(value, defaults.unit, defaults.decimals) }))
  const margin = { ...edge, left: 14 + Math.max(...marks.map(({ text }) => text.length)) * characterWidth }
  const x = (seconds: number): number =>
    margin.left + ((seconds - range.from) / (range.to - range.from)) * (width - margin.left - margin.right)
  const y = (value: number): number =>
    height - margin.bottom - ((value - least) / (most - least)) * (height - margin.top - margin.bottom)

  const parts: string[] = []
  for (const { value, text } of marks) {
    parts.push(
      `<line class="grid" x1="${margin.left}" x2="${width - margin.right}" y1="${at(y(value))}" y2="${at(y(value))}"/>`,
    )
    parts.push(
      `<text x="${margin.left - 6}" y="${at(y(value) + 4)}" text-anchor="end">${escapeHtml(text)}</text>`,
    )
  }
  const times = chooseTimeMarks(range.from, range.to, (width - margin.left) / 80)
  for (const time of times) {
    parts.push(
      `<line class="grid" x1="${at(x(time))}" x2="${at(x(time))}" y1="${margin.top}" y2="${height - margin.bottom}"/>`,
    )
    parts.push(
      `<text x="${at(x(time))}" y="${height - 5}" text-anchor="middle">${formatTime(time, times[1] !== undefined && times[1] - times[0]! < 60)}</text>`,
    )
  }
  const opacity = (defaults.custom?.fillOpacity ?? 0) / 100
  for (const { points, floor, color } of areas) {
    for (const run of splitAtGaps(points, gapSeconds)) {
      const line = run.map(([time, value]) => `${at(x(time))},${at(y(clamp(value, least, most)))}`)
      const below = run
        .map(([time]) => `${at(x(time))},${at(y(clamp(floor?.get(time) ?? least, least, most)))}`)
        .reverse()
      parts.push(
        `<polygon points="${line.join(' ')} ${below.join(' ')}" fill="${color}" opacity="${opacity}"/>`,
      )
      if (run.length === 1)
        parts.push(
          `<circle cx="${line[0]!.split(',')[0]}" cy="${line[0]!.split(',')[1]}" r="2.5" fill="${color}"/>`,
        )
      parts.push(`<polyline points="${line.join(' ')}" fill="none" stroke="${color}" stroke-width="1.3"/>`)
    }
  }
  return `<svg width="${width}" height="${height}" viewBox="0 0 ${width} ${height}">${parts.join('')}</svg>`
}

type Point = readonly [seconds: number, value: number]
interface Area extends DrawnSeries {
  /** What it stands on, by time. */
  readonly floor: ReadonlyMap<number, number> | undefined
}

/** Each on those before it. */
function stack(series: readonly DrawnSeries[]): Area[] {
  const sums = new Map<number, number>()
  return series.map((one) => {
    const floor = new Map(sums)
    const points = one.points.map(([time, value]): Point => {
      const sum = (sums.get(time) ?? 0) + value
      sums.set(time, sum)
      return [time, sum]
    })
    return { ...one, points, floor }
  })
}

function splitAtGaps(points: readonly Point[], gapSeconds: number): Point[][] {
  const runs: Point[][] = []
  let last: Point | undefined
  for (const point of points) {
    if (last === undefined || point[0] - last[0] > gapSeconds) runs.push([])
    runs.at(-1)!.push(point)
    last = point
  }
  return runs
}

function roomAbove(most: number, least: number): number {
  return most > least ? least + (most - least) * 1.05 : least + 1
}

function clamp(value: number, least: number, most: number): number {
  return Math.min(Math.max(value, least), most)
}

function at(pixels: number): string {
  return pixels.toFixed(1)
}
