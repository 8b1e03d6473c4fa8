import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { parse } from 'yaml'
import { renderLocalConfiguration } from './local-configuration.js'
import { prometheusDirectory } from './rule-files.js'

interface Configuration {
  global: Record<string, string>
  rule_files: string[]
  scrape_configs: Array<Record<string, unknown> & { job_name: string }>
}

const original = parse(readFileSync(join(prometheusDirectory, 'prometheus.yml'), 'utf8')) as Configuration
const targets = { reader: ['127.0.0.1:1'], parser: ['127.0.0.1:2', '127.0.0.1:3'], redis: ['127.0.0.1:4'] }
const local = parse(renderLocalConfiguration({ targets, intervalMs: 500 })) as Configuration

it('tells what DNS would, with the label that the relabelling reads', () => {
  const [sluice] = local.scrape_configs
  const { dns_sd_configs: _, ...rest } = original.scrape_configs[0]!
  expect(sluice).toEqual({
    ...rest,
    static_configs: [
      { targets: ['127.0.0.1:1'], labels: { __meta_dns_name: 'reader' } },
      { targets: ['127.0.0.1:2', '127.0.0.1:3'], labels: { __meta_dns_name: 'parser' } },
    ],
  })
})

it('leaves out jobs that have no target here', () => {
  expect(local.scrape_configs.map(({ job_name: name }) => name)).toEqual(['sluice', 'redis'])
})

it('has the rules of this checkout, evaluated as often as asked', () => {
  expect(local.rule_files).toEqual([join(prometheusDirectory, 'rules', '*.yml')])
  expect(local.global).toEqual({
    scrape_interval: '500ms',
    scrape_timeout: '500ms',
    evaluation_interval: '500ms',
  })
})
