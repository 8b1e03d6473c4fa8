import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { declaredSeries as declared } from './declared-series.js'
import { type Selector, selectorsOf } from './expression-metrics.js'
import {
  type Rule,
  readAlertCases,
  readGroupOrders,
  readRecordedNames,
  readRuleGroups,
  readRules,
} from './rule-files.js'

/** What comes from exporters, from Prometheus itself, and from the library that exposes the metrics. */
const foreignMetrics = new Set([
  'up',
  'process_start_time_seconds',
  'redis_up',
  'redis_aof_last_write_status',
  'redis_aof_last_bgrewrite_status',
  'pg_up',
  'node_filesystem_avail_bytes',
  'node_filesystem_size_bytes',
])
/** Labels that Prometheus adds when it scrapes, and that of buckets. */
const scrapedLabels = ['job', 'instance', 'role', 'le']

const groups = readRuleGroups()
const alertCases = readAlertCases()
const rules = readRules()
const recorded = readRecordedNames()
const alerts = rules.filter((rule): rule is Rule & { alert: string } => rule.alert !== undefined)

const runbook = (name: string) => join(findPackageRoot(), 'docs', 'runbooks', name)

describe('every alert', () => {
  it('has a name of its own, and the first letters of the project', () => {
    const names = alerts.map(({ alert }) => alert)
    expect(new Set(names).size).toBe(names.length)
    expect(names.filter((name) => !/^Sluice[A-Z]/.test(name))).toEqual([])
  })

  it.each(alerts)(
    '$alert says how urgent it is, what it is and what to do',
    ({ alert, labels, annotations }) => {
      expect(['page', 'ticket']).toContain(labels.severity)
      expect(Object.keys(annotations).sort()).toEqual(['description', 'runbook', 'summary'])
      for (const text of [annotations.summary, annotations.description])
        expect(text).toMatch(/^\S.{10,}[^ ]\.$/s)
      expect(annotations.runbook).toMatch(/^docs\/runbooks\/[a-z-]+\.md$/)
      const path = join(findPackageRoot(), annotations.runbook ?? '')
      expect(existsSync(path), `${annotations.runbook} is there`).toBe(true)
      expect(readFileSync(path, 'utf8'), `${annotations.runbook} names the alert`).toContain(alert)
    },
  )

  it.each(alerts)('$alert is tested firing and not firing', ({ alert }) => {
    const cases = alertCases.filter((one) => one.alert === alert)
    expect(new Set(cases.map(({ fires }) => fires))).toEqual(new Set([true, false]))
  })
})

describe('promtool tests', () => {
  it('are of alerts that there are', () => {
    const names = new Set(alerts.map(({ alert }) => alert))
    expect(alertCases.filter(({ alert }) => !names.has(alert))).toEqual([])
  })

  it('put every group in order', () => {
    for (const order of readGroupOrders())
      expect(order).toEqual(groups.map(({ name }) => name).sort(by(order)))
  })
})

describe('every rule', () => {
  it.each(rules)('$alert$record asks for metrics and labels that there are', ({ expr }) => {
    for (const selector of selectorsOf(expr)) {
      if (recorded.has(selector.metric) || foreignMetrics.has(selector.metric)) continue
      expect(declared.has(selector.metric), selector.metric).toBe(true)
      expect(wrongMatchers(selector)).toEqual([])
    }
  })
})

describe('runbooks', () => {
  const pages = readdirSync(runbook('')).filter((file) => file !== 'README.md')
  const index = readFileSync(runbook('README.md'), 'utf8')

  it.each(pages)('%s is in the index', (page) => {
    expect(index).toContain(`(${page})`)
  })

  it.each(alerts)('the index leads from $alert to its runbook', ({ alert, annotations }) => {
    const page = annotations.runbook?.replace('docs/runbooks/', '')
    expect(index).toMatch(new RegExp(`^\\| \`${alert}\` .*\\(${page}\\)`, 'm'))
  })

  it.each(pages)('%s names alerts, settings and pages that there are', (page) => {
    const text = readFileSync(runbook(page), 'utf8')
    const names = new Set(alerts.map(({ alert }) => alert))
    expect((text.match(/\bSluice[A-Z]\w+/g) ?? []).filter((name) => !names.has(name))).toEqual([])
    const links = [...text.matchAll(/\]\(([^)#]+)(?:#[^)]*)?\)/g)].map(([, link = '']) => link)
    expect(links.filter((link) => !/^https?:/.test(link) && !existsSync(runbook(link)))).toEqual([])
    const metrics = text.match(/\bsluice_[a-z_]+(?:_total|_seconds|_bytes|_active|_balanced)\b/g) ?? []
    expect(metrics.filter((name) => !declared.has(name) && !declared.has(`${name}_count`))).toEqual([])
  })
})

function wrongMatchers({ metric, matchers }: Selector): string[] {
  const labels = declared.get(metric)?.labels ?? []
  return matchers.flatMap(({ label, operator, value }) => {
    const found = labels.find(({ name }) => name === label)
    if (found === undefined) return scrapedLabels.includes(label) ? [] : [`${metric} has no label ${label}`]
    const isKnown = found.values === 'log types' || found.values.length === 0 || found.values.includes(value)
    return operator.includes('~') || isKnown ? [] : [`${metric} has no ${label} ${value}`]
  })
}

function by(order: readonly string[]): (a: string, b: string) => number {
  return (a, b) => order.indexOf(a) - order.indexOf(b)
}
