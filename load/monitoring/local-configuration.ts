import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse, stringify } from 'yaml'
import { z } from 'zod'
import { prometheusDirectory } from './rule-files.js'

const scrapeConfig = z.looseObject({
  job_name: z.string(),
  dns_sd_configs: z.array(z.looseObject({ names: z.array(z.string()) })).optional(),
  static_configs: z.array(z.looseObject({ targets: z.array(z.string()) })).optional(),
})
const configuration = z.looseObject({
  global: z.looseObject({}),
  rule_files: z.array(z.string()),
  scrape_configs: z.array(scrapeConfig),
})

type ScrapeConfig = z.infer<typeof scrapeConfig>

/** `host:port` of what runs on this machine, by what prometheus.yml calls it: a DNS name or a job. */
export type LocalTargets = Readonly<Record<string, readonly string[]>>

export interface LocalConfigurationOptions {
  readonly targets: LocalTargets
  /** Scrapes and evaluations; in production they are seconds apart. */
  readonly intervalMs: number
}

/**
 * prometheus/prometheus.yml for a machine without the network of docker-compose.yml. Where to find the targets and
 * how often to ask them is changed, and nothing else: names that DNS would tell are told, with the label that the
 * project's own relabelling reads, and the rules are those of this checkout. A job without a target here is left out.
 */
export function renderLocalConfiguration({ targets, intervalMs }: LocalConfigurationOptions): string {
  const text = readFileSync(join(prometheusDirectory, 'prometheus.yml'), 'utf8')
  const { global, rule_files: ruleFiles, scrape_configs: scrapes, ...rest } = configuration.parse(parse(text))
  const interval = `${intervalMs}ms`
  return stringify({
    ...rest,
    global: { ...global, scrape_interval: interval, scrape_timeout: interval, evaluation_interval: interval },
    rule_files: ruleFiles.map((path) => path.replace(/^\/etc\/prometheus/, prometheusDirectory)),
    scrape_configs: scrapes.flatMap((scrape) => toLocal(scrape, targets)),
  })
}

function toLocal(scrape: ScrapeConfig, targets: LocalTargets): object[] {
  const { dns_sd_configs: discovered, ...rest } = scrape
  const found =
    discovered === undefined
      ? [{ targets: targets[scrape.job_name] ?? [] }]
      : discovered
          .flatMap(({ names }) => names)
          .map((name) => ({ targets: targets[name] ?? [], labels: { __meta_dns_name: name } }))
  const local = { ...rest, static_configs: found.filter((group) => group.targets.length > 0) }
  if (local.static_configs.length === 0) return []
  return [scrape.job_name === 'node' ? { ...local, metric_relabel_configs: [rootAsDataDirectory] } : local]
}

/** In its container, the exporter sees the database's volume at this place. */
const rootAsDataDirectory = {
  source_labels: ['mountpoint'],
  regex: '/',
  target_label: 'mountpoint',
  replacement: '/postgres-data',
}
