import { describe, expect, it } from 'vitest'
import { readDashboardFiles } from '../dashboard-file.js'
import { drawDashboard } from './draw-dashboard.js'
import { drawStat } from './draw-stat.js'
import { escapeHtml } from './escape-html.js'

const range = { from: 1_700_000_000, to: 1_700_000_600 }
const points = Array.from({ length: 60 }, (_, at) => [range.from + at * 10, at / 60] as const)

// So that a new kind of panel, unit or colour is noticed here and not when somebody wants a picture.
it.each(readDashboardFiles())('draws every panel of $uid, with data and without', (dashboard) => {
  const full = new Map(
    dashboard.panels.map(({ id, targets }) => [id, targets.map(() => [{ labels: { role: '<b>' }, points }])]),
  )
  const { html, height } = drawDashboard(dashboard, full, range, 25, 1500)
  for (const { title } of dashboard.panels) expect(html).toContain(escapeHtml(title))
  const graphs = dashboard.panels.filter(({ type }) => type === 'timeseries')
  expect(html.match(/<svg /g)?.length ?? 0).toBe(graphs.length)
  expect(html).not.toMatch(/NaN|undefined|<b>/)
  expect(height).toBeGreaterThan(500)
  expect(drawDashboard(dashboard, new Map(), range, 25, 1500).html).not.toContain('<svg ')
})

describe('a number', () => {
  const defaults = { unit: 'short', mappings: [], noValue: 'nothing' }
  const series = (value: number, legend = '') => ({ legend, color: '', points: [[0, value] as const] })
  const steps = [
    { value: null, color: 'green' },
    { value: 10, color: 'orange' },
  ]

  it('has the colour of the threshold that it has reached', () => {
    expect(drawStat([series(9)], { ...defaults, thresholds: { steps } }, 200)).toContain('#73BF69')
    expect(drawStat([series(10)], { ...defaults, thresholds: { steps } }, 200)).toContain('#FF9830')
  })

  it('turns red at 80 where the panel says nothing, as it does in Grafana', () => {
    expect(drawStat([series(79)], defaults, 200)).toContain('#73BF69')
    expect(drawStat([series(80)], defaults, 200)).toContain('#F2495C')
  })

  it('is a word where it stands for one, and is missing where nothing is known', () => {
    const mappings = [{ type: 'value' as const, options: { '1': { text: 'balanced' } } }]
    expect(drawStat([series(1)], { ...defaults, mappings }, 200)).toContain('balanced')
    expect(drawStat([], defaults, 200)).toContain('nothing')
  })

  it('has its name where there are several', () => {
    expect(drawStat([series(1, 'redis'), series(2, 'postgres')], defaults, 200)).toMatch(/redis.*postgres/s)
    expect(drawStat([series(1, 'redis')], defaults, 200)).not.toContain('redis')
  })
})
