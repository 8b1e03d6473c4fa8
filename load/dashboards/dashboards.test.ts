import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { metricsTable } from '../../src/telemetry/metrics-table.js'
import { buildDashboard } from './build.js'
import { dashboards, renderDashboard } from './index.js'

const root = findPackageRoot()
const known = new Set<string>(
  Object.values(metricsTable).flatMap(({ name, type }) =>
    type === 'histogram' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
  ),
)
const recorded = new Set(
  [...readFileSync(join(root, 'prometheus/rules/recording.yml'), 'utf8').matchAll(/record: (\S+)/g)].map(
    ([, name]) => name,
  ),
)

it('there is a file for each dashboard, and no other', () => {
  const files = readdirSync(join(root, 'grafana/dashboards')).filter((file) => file.endsWith('.json'))
  expect(files.sort()).toEqual(dashboards.map(({ uid }) => `${uid}.json`).sort())
})

describe.each(dashboards.map((spec) => [spec.uid, spec] as const))('%s', (_, spec) => {
  const dashboard = buildDashboard(spec)
  const panels = spec.rows.flatMap((row) => row.panels)

  it('is what its file says; `npm run docs` makes it so', () => {
    const { path, content } = renderDashboard(spec)
    expect(readFileSync(join(root, path), 'utf8')).toBe(content)
  })

  it('has a title, a description, a unit and a data source variable on every panel', () => {
    for (const panel of dashboard.panels ?? []) {
      if (panel.type === 'row') continue
      expect(panel).toMatchObject({
        title: expect.stringMatching(/\S/),
        description: expect.stringMatching(/\.$/),
      })
      const drawn = panel as {
        datasource?: unknown
        targets?: { datasource?: unknown }[]
        fieldConfig?: { defaults: { unit?: string } }
      }
      const templated = { type: 'prometheus', uid: '$datasource' }
      expect(drawn.datasource).toEqual(templated)
      expect(drawn.fieldConfig?.defaults.unit).toMatch(/\S/)
      expect(drawn.targets?.length).toBeGreaterThan(0)
      for (const target of drawn.targets ?? []) expect(target.datasource).toEqual(templated)
    }
  })

  it('has panels side by side, none on another', () => {
    const taken = new Set<string>()
    for (const { gridPos } of (dashboard.panels ?? []) as {
      gridPos: { x: number; y: number; w: number; h: number }
    }[]) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24)
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x++) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y++) {
          expect(taken.has(`${x}/${y}`)).toBe(false)
          taken.add(`${x}/${y}`)
        }
      }
    }
  })

  it('asks with an interval that fits the scrapes, for what exists', () => {
    for (const { title, queries } of panels) {
      for (const { expr, legend } of queries) {
        expect([title, legend]).toEqual([title, expect.stringMatching(/\S/)])
        // A fixed interval shorter than two scrapes shows nothing; one of the rules' own is deliberate.
        for (const [, interval] of expr.matchAll(/\[([^\]]+)\]/g)) {
          expect([title, interval]).toEqual([title, expect.stringMatching(/^(\$__rate_interval|15m)$/)])
        }
        for (const [name] of expr.matchAll(/\bsluice_[a-z_]+/g))
          expect([title, name, known.has(name)]).toEqual([title, name, true])
        for (const [name] of expr.matchAll(/\bsluice:[a-z_:0-9]+/g))
          expect([title, name, recorded.has(name)]).toEqual([title, name, true])
      }
    }
  })

  it('names runbooks that there are', () => {
    const runbooks = new Set(readdirSync(join(root, 'docs/runbooks')))
    for (const { title, runbook } of panels) {
      if (runbook !== undefined)
        expect([title, runbook, runbooks.has(`${runbook}.md`)]).toEqual([title, runbook, true])
    }
  })
})
