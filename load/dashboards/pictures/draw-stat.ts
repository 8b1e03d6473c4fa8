import type { FieldDefaults } from '../dashboard-file.js'
import type { DrawnSeries } from './drawn-series.js'
import { escapeHtml } from './escape-html.js'
import { formatValue } from './format-value.js'

/** What Grafana takes where a panel says nothing. */
const grafanasThresholds = [
  { value: null, color: 'green' },
  { value: 80, color: 'red' },
]

const colors: Readonly<Record<string, string>> = {
  green: '#73BF69',
  orange: '#FF9830',
  red: '#F2495C',
  text: '#D9DADF',
}

/** A stat panel's numbers as HTML: each in the colour of the threshold that it has reached, named if there are several. */
export function drawStat(series: readonly DrawnSeries[], defaults: FieldDefaults, width: number): string {
  const known = series.filter(({ points }) => points.length > 0)
  if (known.length === 0) return row([numberIn(colors.text!, defaults.noValue ?? 'No data', width)])
  const numbers = known.map(({ points, legend }) => {
    const value = points.at(-1)![1]
    const mapped = defaults.mappings.map(({ options }) => options[String(value)]).find(Boolean)
    const steps = defaults.thresholds?.steps ?? grafanasThresholds
    const reached = steps.findLast((step) => step.value === null || value >= step.value)
    const color = colors[mapped?.color ?? reached?.color ?? 'text']
    if (color === undefined)
      throw new Error(`the colour ${mapped?.color ?? reached?.color} cannot be drawn yet`)
    const text = mapped?.text ?? formatValue(value, defaults.unit, defaults.decimals)
    const name = known.length > 1 ? `<div class="name">${escapeHtml(legend)}</div>` : ''
    return `<div>${name}${numberIn(color, text, width / known.length)}</div>`
  })
  return row(numbers)
}

function row(numbers: readonly string[]): string {
  return `<div class="numbers">${numbers.join('')}</div>`
}

/** As large as fits. */
function numberIn(color: string, text: string, width: number): string {
  const size = Math.min(40, Math.floor((width - 24) / (0.64 * text.length)))
  return `<div class="number" style="color: ${color}; font-size: ${size}px">${escapeHtml(text)}</div>`
}
