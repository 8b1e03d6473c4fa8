import type { ContestReport } from '../contest/contest.js'
import type { ContestantGroup, ContestantReport } from '../contest/contestant.js'
import { count, fixed, short } from './table.js'

/** Mid-tones that stand out from white and from nearly black alike. */
const COLOURS: Readonly<Record<ContestantGroup, string>> = {
  naive: '#8b949e',
  level: '#8b949e',
  copy: '#3b82c4',
  sluice: '#d97706',
}

const WIDTH = 900
const LABEL_WIDTH = 225
const VALUE_WIDTH = 210
const BAR_HEIGHT = 20
const ROW_HEIGHT = 28
const GROUP_GAP = 12
const TOP = 62
const BOTTOM = 34

/**
 * Rows a second as horizontal bars from zero, groups apart. The text takes the colour of the reader's scheme; the
 * whiskers are the lowest and the highest round.
 */
export function renderChart({ lines, rounds, contestants }: ContestReport): string {
  const highest = Math.max(...contestants.map(({ rowsPerSecond }) => rowsPerSecond.max))
  const scale = (WIDTH - LABEL_WIDTH - VALUE_WIDTH) / highest
  const parts: string[] = []
  let y = TOP
  contestants.forEach((contestant, index) => {
    const before = contestants[index - 1]
    if (before !== undefined && before.group !== contestant.group) y += GROUP_GAP
    parts.push(renderBar(contestant, y, scale))
    y += ROW_HEIGHT
  })
  const height = y + BOTTOM
  const title = `Rows per second, ${count(lines)} lines of three log types`
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" role="img" aria-label="${title}">
<title>${title}</title>
<style>
  text { font: 13px system-ui, -apple-system, "Segoe UI", sans-serif; fill: #1f2328 }
  .title { font-size: 16px; font-weight: 600 }
  .quiet { font-size: 12px; fill: #59636e }
  .strong { font-weight: 600 }
  .whisker { stroke: #1f2328; stroke-opacity: 0.55 }
  .ground { fill: #ffffff }
  @media (prefers-color-scheme: dark) {
    text { fill: #e6edf3 }
    .quiet { fill: #9198a1 }
    .whisker { stroke: #e6edf3 }
    .ground { fill: #0d1117 }
  }
</style>
<rect class="ground" width="${WIDTH}" height="${height}" rx="8"/>
<text class="title" x="20" y="30">${title}</text>
<text class="quiet" x="20" y="48">fsync and synchronous_commit on; same machine, same run; median of ${rounds} round${rounds === 1 ? '' : 's'}</text>
${parts.join('\n')}
<text class="quiet" x="20" y="${height - 12}">COPY: rows parsed and encoded beforehand, into the same tables and indexes as the levels. Sluice: from log files.</text>
</svg>
`
}

function renderBar(contestant: ContestantReport, y: number, scale: number): string {
  const { title, group, rowsPerSecond, timesNaive, timesCopyLimit } = contestant
  const { median, min, max } = rowsPerSecond
  const at = (value: number) => (LABEL_WIDTH + value * scale).toFixed(1)
  const middle = y + BAR_HEIGHT / 2
  const strong = group === 'sluice' ? ' class="strong"' : ''
  const ratios = [
    `${short(timesNaive)}×`,
    ...(group === 'sluice' ? [`${fixed(timesCopyLimit, 2)} × COPY`] : []),
  ]
  return [
    `<text${strong} x="${LABEL_WIDTH - 10}" y="${middle + 4.5}" text-anchor="end">${escapeText(title)}</text>`,
    `<rect x="${LABEL_WIDTH}" y="${y}" width="${Math.max(1, median * scale).toFixed(1)}" height="${BAR_HEIGHT}" rx="2" fill="${COLOURS[group]}"/>`,
    `<line class="whisker" x1="${at(min)}" y1="${middle}" x2="${at(max)}" y2="${middle}"/>`,
    `<text${strong} x="${(LABEL_WIDTH + max * scale + 8).toFixed(1)}" y="${middle + 4.5}">${count(median)}` +
      `<tspan class="quiet" dx="8">${ratios.join(', ')}</tspan></text>`,
  ].join('\n')
}

function escapeText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;')
}
