import { expect, it } from 'vitest'
import { fillLegend, fillVariables, parseLabelValues } from './variables.js'

const dashboard = {
  templating: {
    list: [
      { type: 'datasource', name: 'datasource', query: 'prometheus' },
      { type: 'query', name: 'log_type', query: 'label_values(up, log_type)', allValue: '.*' },
    ],
  },
}

it('fills an expression in as Grafana does when all is chosen', () => {
  const expr = 'sum(rate(lines_total{log_type=~"$log_type"}[$__rate_interval]))'
  const filled = (stepSeconds: number) => fillVariables(expr, dashboard, { stepSeconds, scrapeSeconds: 10 })
  expect(filled(1)).toBe('sum(rate(lines_total{log_type=~".*"}[40s]))')
  expect(filled(60)).toBe('sum(rate(lines_total{log_type=~".*"}[70s]))')
})

it('refuses a variable that the dashboard does not have', () => {
  const timing = { stepSeconds: 1, scrapeSeconds: 1 }
  expect(() => fillVariables('up{instance=~"$instance"}', dashboard, timing)).toThrow('$instance')
})

it('knows what a variable offers', () => {
  expect(parseLabelValues('label_values(up{job="sluice"}, instance)')).toEqual({
    selector: 'up{job="sluice"}',
    label: 'instance',
  })
  expect(() => parseLabelValues('query_result(up)')).toThrow('query_result')
})

it('writes a legend with the labels of the series', () => {
  expect(fillLegend('{{role}} {{instance}}', { role: 'parser', instance: 'a:1' })).toBe('parser a:1')
  expect(fillLegend('p99', {})).toBe('p99')
})
