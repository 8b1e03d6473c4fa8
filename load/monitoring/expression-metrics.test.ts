import { describe, expect, it } from 'vitest'
import { selectorsOf } from './expression-metrics.js'

const metricsOf = (expression: string) => selectorsOf(expression).map(({ metric }) => metric)

describe('the metrics of an expression', () => {
  it('are what is neither function nor word nor label', () => {
    expect(
      metricsOf('sum by (stage) (rate(a_total[5m])) / on (x) group_left (y) b:c:d offset 1h > 14.4 * 0.01'),
    ).toEqual(['a_total', 'b:c:d'])
    expect(metricsOf('label_replace(absent(a_total), "stage", "reader", "", "") unless on () b')).toEqual([
      'a_total',
      'b',
    ])
    expect(metricsOf('time() - min(a) and deriv(sum(b)[15m:1m]) > 1e9')).toEqual(['a', 'b'])
  })

  it('come with what their labels are compared with', () => {
    expect(selectorsOf('a{stage="x", step!="y",le=~"30([.]0)?"}[5m]')).toEqual([
      {
        metric: 'a',
        matchers: [
          { label: 'stage', operator: '=', value: 'x' },
          { label: 'step', operator: '!=', value: 'y' },
          { label: 'le', operator: '=~', value: '30([.]0)?' },
        ],
      },
    ])
  })
})
