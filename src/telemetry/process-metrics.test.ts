import { describe, expect, it } from 'vitest'
import { readsProcessMetrics, renderProcessMetrics } from './process-metrics.js'

describe('metrics of several processes', () => {
  it('are one metric each, with the series of every process', async () => {
    const [main, worker] = [await readsProcessMetrics('main')(), await readsProcessMetrics('worker')()]
    const text = renderProcessMetrics([main, worker])
    for (const name of [
      'process_cpu_seconds_total',
      'process_resident_memory_bytes',
      'process_start_time_seconds',
      'nodejs_eventloop_lag_p99_seconds',
    ]) {
      expect(text.match(new RegExp(`^# TYPE ${name} `, 'gm'))).toHaveLength(1)
      expect(text).toMatch(new RegExp(`^${name}\\{process="main"\\} [\\d.e+-]+$`, 'm'))
      expect(text).toMatch(new RegExp(`^${name}\\{process="worker"\\} [\\d.e+-]+$`, 'm'))
    }
    const named = [...text.matchAll(/^(?!#)([a-z_]+)\{/gm)].map(([, name]) => name!)
    const typed = new Set([...text.matchAll(/^# TYPE (\S+) /gm)].map(([, name]) => name!))
    for (const name of named)
      expect(typed).toContain(name.replace(/_(bucket|sum|count)$/, '').replace(/^$/, name))
    expect(renderProcessMetrics([])).toBe('')
  })

  it('have histograms and odd labels in the form of Prometheus', () => {
    const metric = { name: 'a_seconds', help: 'Help.', type: 'histogram', aggregator: 'sum' } as const
    const values = [
      { value: 2, labels: { le: '+Inf', kind: 'a"b\\' }, metricName: 'a_seconds_bucket' },
      { value: Number.NaN, labels: { kind: 'x\ny' }, metricName: 'a_seconds_sum' },
    ]
    expect(renderProcessMetrics([[{ ...metric, values } as never]])).toBe(
      '# HELP a_seconds Help.\n# TYPE a_seconds histogram\n' +
        'a_seconds_bucket{le="+Inf",kind="a\\"b\\\\"} 2\na_seconds_sum{kind="x\\ny"} NaN\n',
    )
  })
})
