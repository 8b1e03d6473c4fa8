import type { Series, TimeRange } from '../../monitoring/prometheus-api.js'
import type { DashboardFile, PanelFile } from '../dashboard-file.js'
import { drawGraph } from './draw-graph.js'
import { drawStat } from './draw-stat.js'
import { type DrawnSeries, nameSeries } from './drawn-series.js'
import { escapeHtml } from './escape-html.js'

/** As Grafana lays its grid out, in pixels. */
const cellHeight = 30
const gap = 8
const pageMargin = 16
const titleHeight = 56
const headerHeight = 30
const legendLineHeight = 18
const legendCharacterWidth = 6.6

export interface Picture {
  readonly html: string
  readonly width: number
  readonly height: number
}

/** A dashboard as a page. `answers` has, by a panel's id, what Prometheus said to each of its queries. */
export function drawDashboard(
  dashboard: DashboardFile,
  answers: ReadonlyMap<number, ReadonlyArray<readonly Series[]>>,
  range: TimeRange,
  gapSeconds: number,
  width: number,
): Picture {
  const panels = dashboard.panels.map((panel) => {
    const box = boxOf(panel, width)
    const place = `left: ${box.left}px; top: ${box.top}px; width: ${box.width}px; height: ${box.height}px`
    if (panel.type === 'row') return `<div class="row" style="${place}">⌄ ${escapeHtml(panel.title)}</div>`
    const series = nameSeries(panel.targets, answers.get(panel.id) ?? [])
    return `<div class="panel" style="${place}"><div class="title">${escapeHtml(panel.title)}</div>${drawPanel(panel, series, range, gapSeconds, box)}</div>`
  })
  const bottom = Math.max(...dashboard.panels.map(({ gridPos }) => gridPos.y + gridPos.h))
  const height = titleHeight + bottom * (cellHeight + gap) + pageMargin
  const html = `<!doctype html><meta charset="utf-8"><style>${style}</style>
<h1>${escapeHtml(dashboard.title)}</h1><p>${escapeHtml(dashboard.description)}</p>
${panels.join('\n')}`
  return { html, width, height }
}

function drawPanel(
  { type, fieldConfig }: PanelFile,
  series: readonly DrawnSeries[],
  range: TimeRange,
  gapSeconds: number,
  { width, height }: Box,
): string {
  const defaults = fieldConfig?.defaults ?? { unit: 'short', mappings: [] }
  if (type === 'stat') return drawStat(series, defaults, width)
  if (type !== 'timeseries') throw new Error(`panels of the type ${type} cannot be drawn yet`)
  const rest = height - headerHeight
  if (series.every(({ points }) => points.length === 0))
    return `<div class="empty" style="height: ${rest}px">${escapeHtml(defaults.noValue ?? 'No data')}</div>`
  const legendHeight = legendLines(series, width) * legendLineHeight + 8
  const size = { width, height: rest - legendHeight }
  const legend = series.map(
    ({ legend: text, color }) => `<span><i style="background: ${color}"></i>${escapeHtml(text)}</span>`,
  )
  return `${drawGraph(series, defaults, range, gapSeconds, size)}<div class="legend" style="height: ${legendHeight}px">${legend.join('')}</div>`
}

/** Grafana lets a legend have a third of the panel; what is more has to be scrolled to. */
function legendLines(series: readonly DrawnSeries[], width: number): number {
  const wanted = series.reduce((sum, { legend }) => sum + legend.length * legendCharacterWidth + 30, 0)
  return Math.min(4, Math.max(1, Math.ceil((wanted * 1.1) / (width - 16))))
}

interface Box {
  readonly left: number
  readonly top: number
  readonly width: number
  readonly height: number
}

function boxOf({ gridPos: { x, y, w, h } }: PanelFile, pageWidth: number): Box {
  const column = (pageWidth - 2 * pageMargin + gap) / 24
  return {
    left: Math.round(pageMargin + x * column),
    top: titleHeight + y * (cellHeight + gap),
    width: Math.round(w * column - gap),
    height: h * (cellHeight + gap) - gap,
  }
}

const style = `
body { margin: 0; background: #111217; color: #ccccdc; font: 12px "DejaVu Sans", sans-serif; }
h1 { font-size: 18px; font-weight: 500; margin: 10px 16px 2px; }
p { margin: 0 16px; color: #9d9fa8; }
.row { position: absolute; font-size: 14px; line-height: 30px; }
.panel { position: absolute; background: #181b1f; border: 1px solid #25272e; border-radius: 3px; box-sizing: border-box; overflow: hidden; }
.title { height: 30px; line-height: 30px; padding: 0 8px; font-size: 13px; color: #e0e1e6; white-space: nowrap; overflow: hidden; text-overflow: ellipsis; }
.numbers { display: flex; justify-content: space-evenly; align-items: center; height: 96px; }
.number { text-align: center; line-height: 1.2; white-space: nowrap; }
.name { text-align: center; color: #ccccdc; }
.empty { display: flex; align-items: center; justify-content: center; color: #9d9fa8; }
.legend { padding: 0 8px; overflow: hidden; }
.legend span { display: inline-block; margin-right: 14px; line-height: 18px; white-space: nowrap; }
.legend i { display: inline-block; width: 14px; height: 4px; border-radius: 2px; margin-right: 5px; vertical-align: middle; }
svg { display: block; }
svg text { fill: #9d9fa8; font-size: 11px; }
.grid { stroke: #26282f; stroke-width: 1; }
`
