import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { declaredSeries as declared } from '../monitoring/declared-series.js'
import { type Selector, selectorsOf } from '../monitoring/expression-metrics.js'
import { readRecordedNames } from '../monitoring/rule-files.js'
import { parseDashboard } from './dashboard-file.js'
import { dashboards, renderDashboard } from './index.js'

const root = findPackageRoot()
const recorded = readRecordedNames()
const files = dashboards.map((spec) => {
  const { path, content } = renderDashboard(spec)
  return { uid: spec.uid, path, content, dashboard: parseDashboard(content) }
})
const templated = { type: 'prometheus', uid: '$datasource' }

it('there is a file for each dashboard, and no other', () => {
  const there = readdirSync(join(root, 'grafana/dashboards')).filter((file) => file.endsWith('.json'))
  expect(there.sort()).toEqual(dashboards.map(({ uid }) => `${uid}.json`).sort())
})

it('no two dashboards have the same title or address', () => {
  expect(new Set(files.map(({ dashboard }) => dashboard.title)).size).toBe(files.length)
  expect(new Set(files.map(({ dashboard }) => dashboard.uid)).size).toBe(files.length)
})

describe.each(files)('$uid', ({ path, content, dashboard }) => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')
  const queries = panels.flatMap(({ title, targets }) =>
    targets.map(({ legendFormat, expr }) => ({ name: `${title}: ${legendFormat}`, expr })),
  )

  it('is what its file says; `npm run docs` makes it so', () => {
    expect(readFileSync(join(root, path), 'utf8')).toBe(content)
  })

  it('is made here and not in Grafana, shows UTC, and stays current', () => {
    expect(dashboard).toMatchObject({ editable: false, timezone: 'utc', refresh: '10s' })
    expect(dashboard.description).toMatch(/[.?]$/)
  })

  it('leads to the other dashboards, with the time and the choices, and to the runbooks', () => {
    const [others, runbooks, ...rest] = dashboard.links
    expect(others).toMatchObject({ type: 'dashboards', tags: ['sluice'], keepTime: true, includeVars: true })
    expect(dashboard.tags).toContain('sluice')
    expect(runbooks).toMatchObject({ type: 'link', url: '/public/sluice/runbooks/README.md' })
    expect(rest).toEqual([])
  })

  it('asks the data source that is chosen, and has no choice that changes nothing', () => {
    const [datasource, ...choices] = dashboard.templating.list
    expect(datasource).toMatchObject({ type: 'datasource', name: 'datasource', query: 'prometheus' })
    for (const { name, ...choice } of choices) {
      expect(choice).toMatchObject({ type: 'query', datasource: templated, allValue: '.*', refresh: 2 })
      expect([name, queries.some(({ expr }) => expr.includes(`"$${name}"`))]).toEqual([name, true])
    }
  })

  it.each(panels)(
    '$title has a title, a description, a unit and queries of the chosen data source',
    (panel) => {
      expect(panel).toMatchObject({
        title: expect.stringMatching(/^\S.*\S$/),
        description: expect.stringMatching(/\.$/),
        datasource: templated,
        fieldConfig: { defaults: { unit: expect.stringMatching(/\S/) } },
      })
      expect(panel.targets.length).toBeGreaterThan(0)
      for (const target of panel.targets)
        expect(target).toMatchObject({ datasource: templated, legendFormat: expect.stringMatching(/\S/) })
      expect(new Set(panel.targets.map(({ refId }) => refId)).size).toBe(panel.targets.length)
    },
  )

  it('has no two panels of one title or number', () => {
    expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
    expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  })

  it('has panels side by side, none on another', () => {
    const taken = new Set<string>()
    for (const { gridPos } of dashboard.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x}/${y}`)).toBe(false)
          taken.add(`${x}/${y}`)
        }
      }
    }
  })

  it.each(panels.filter(({ type }) => type === 'stat'))(
    '$title shows what is so now, in colours of its own',
    (stat) => {
      // Without steps of its own, a number turns red at 80. Over a range, it would be the last one that was known.
      expect(stat.fieldConfig?.defaults.thresholds?.steps[0]).toMatchObject({ value: null })
      for (const { instant, range } of stat.targets)
        expect({ instant, range }).toEqual({ instant: true, range: false })
    },
  )

  it.each(queries)('$name asks with an interval that fits the scrapes', ({ expr }) => {
    for (const [interval] of expr.matchAll(/\[[^\]]*\]/g)) expect(interval).toBe('[$__rate_interval]')
  })

  it.each(queries)('$name asks for what there is, and only what was counted by a rate', ({ expr }) => {
    for (const { metric } of selectors(expr)) {
      if (metric.startsWith('sluice:')) expect(recorded.has(metric), metric).toBe(true)
      if (!metric.startsWith('sluice_')) continue
      expect(declared.has(metric), metric).toBe(true)
      if (isCounted(metric)) expect(expr).toMatch(new RegExp(`\\b(rate|increase)\\(${metric}[{[]`))
    }
  })

  it.each(queries)('$name follows the choices', ({ expr }) => {
    const has = (name: string) => dashboard.templating.list.some((choice) => choice.name === name)
    for (const { metric, matchers } of selectors(expr)) {
      const chosen = matchers.map(({ label, value }) => `${label}=${value}`)
      const isOfProcess = /^(process|nodejs)_/.test(metric)
      if (isOfProcess || metric === 'up') expect(chosen).toContain('job=sluice')
      // Gauges of streams and tables say the same in every process.
      if (has('instance') && (isOfProcess || isCounted(metric)))
        expect(chosen).toContain('instance=$instance')
      const hasType = declared.get(metric)?.labels.some(({ name }) => name === 'log_type')
      if (has('log_type') && hasType) expect(chosen).toContain('log_type=$log_type')
    }
  })

  it('names runbooks that there are', () => {
    const runbooks = readdirSync(join(root, 'docs/runbooks')).map((file) => `/public/sluice/runbooks/${file}`)
    const named = panels.flatMap(({ links }) => links.map(({ url }) => url))
    expect(named.filter((url) => url === undefined || !runbooks.includes(url))).toEqual([])
  })
})

function selectors(expr: string): Selector[] {
  return selectorsOf(expr.replaceAll('$__rate_interval', '1m'))
}

/** Counters and the series of histograms. */
function isCounted(metric: string): boolean {
  const type = declared.get(metric)?.type
  return type === 'counter' || type === 'histogram'
}
