import { describe, expect, it } from 'vitest'
import type { MetricDeclaration } from './metric-declaration.js'
import { metricsTable } from './metrics-table.js'

const metrics: readonly MetricDeclaration[] = Object.values(metricsTable)

describe('the metrics table', () => {
  it('names each metric once, with one prefix and its unit', () => {
    expect(new Set(metrics.map(({ name }) => name)).size).toBe(metrics.length)
    for (const { name, unit, help } of metrics) {
      expect(name).toMatch(/^sluice_[a-z_]+$/)
      if (unit === 'bytes') expect(name).toMatch(/_bytes(_total)?$/)
      if (unit.startsWith('seconds')) expect(name).toMatch(/_seconds(_total)?$/)
      expect(help).toMatch(/^[A-Z0-9].*\.$/)
      expect(help).not.toContain('|')
    }
  })

  it('declares a series of a histogram only with values that its labels have', () => {
    for (const declared of metrics) {
      if (declared.type !== 'histogram') continue
      for (const values of declared.series ?? []) {
        values.forEach((value, index) => {
          expect(declared.labels[index]?.values).toContain(value)
        })
      }
    }
  })

  it('keeps the number of series of one metric small', () => {
    for (const { name, labels } of metrics) {
      const series = labels.reduce(
        (count, { values }) => count * (values === 'log types' ? 10 : values.length || 1),
        1,
      )
      expect([name, series <= 300]).toEqual([name, true])
    }
  })
})
