import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { readDashboardFiles } from '../dashboards/dashboard-file.js'
import { declaredSeries } from '../monitoring/declared-series.js'
import { selectorsOf } from '../monitoring/expression-metrics.js'
import { PrometheusApi } from '../monitoring/prometheus-api.js'
import { readRecordedNames, readRules } from '../monitoring/rule-files.js'
import { formatBriefing } from './briefing.js'
import { flowExpressions } from './flow.js'
import { drills } from './scripts/index.js'
import type { Stack } from './stack.js'

const read = (path: string) => readFileSync(join(findPackageRoot(), path), 'utf8')
const compose = read('docker-compose.yml')
const services = Object.keys((parse(compose) as { services: object }).services)
const rules = readRules()
const dashboards = readDashboardFiles()
const readme = read('load/drills/README.md')

/** A stack that does nothing but to write down what it is asked for, command and settings. */
function recordingStack(): { stack: Stack; asked: Array<[args: readonly string[], settings: object]> } {
  const asked: Array<[readonly string[], object]> = []
  const ask: Stack['ask'] = async (args, settings = {}) => {
    asked.push([args, settings])
    return args[0] === 'config' ? compose : '2000'
  }
  const redis: Stack['redis'] = (...command) => ask(['exec', '-T', 'redis', ...command])
  const prometheus = new PrometheusApi('http://127.0.0.1:1')
  return { stack: { prometheus, ask, compose: ask, redis }, asked }
}

it('every drill has a name of its own', () => {
  expect(new Set(drills.map(({ name }) => name)).size).toBe(drills.length)
})

describe.each(drills.map((drill) => [drill.name, drill] as const))('%s', (name, drill) => {
  it('is written about in sentences and questions', () => {
    expect(name).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(drill.title).toMatch(/\.$/)
    for (const question of drill.questions) expect(question).toMatch(/\?$/)
    expect(formatBriefing(drill)).toContain(drill.title)
    const alerts = drill.questions.join(' ').match(/\bSluice[A-Z]\w+/g) ?? []
    expect(alerts.filter((alert) => !rules.some((rule) => rule.alert === alert))).toEqual([])
  })

  it('points at panels that there are', () => {
    for (const { dashboard, panel } of drill.watch) {
      const { panels } = dashboards.find(({ uid }) => uid === dashboard) ?? { panels: [] }
      const found = panels.filter(({ title, type }) => title === panel && type !== 'row')
      expect([dashboard, panel, found.length]).toEqual([dashboard, panel, 1])
    }
  })

  it('waits for an alert that there is, and is in the table of the page with it', () => {
    const row = readme.split('\n').find((line) => line.startsWith(`| \`${name}\``))
    expect(row).toBeDefined()
    if (drill.alert === undefined) {
      expect(row).toContain('none')
      return
    }
    expect(rules.map(({ alert }) => alert)).toContain(drill.alert.name)
    expect(row).toContain(`\`${drill.alert.name}\``)
  })

  it('breaks and repairs services that there are, by settings that they have', async () => {
    const { stack, asked } = recordingStack()
    await drill.cause(stack)
    await drill.recover(stack)
    for (const [args, settings] of asked) {
      if (args[0] === 'config') continue
      expect(['exec', 'kill', 'start', 'stop', 'up']).toContain(args[0])
      const service = args.slice(1).find((arg) => !arg.startsWith('-'))
      expect(services).toContain(service)
      for (const setting of Object.keys(settings)) expect(compose).toContain(`\${${setting}:-`)
    }
  })
})

it('filling Redis ends with the limit that the stack gives it', async () => {
  const { stack, asked } = recordingStack()
  await drills.find(({ name }) => name === 'fill-redis')?.recover(stack)
  expect(asked.at(-1)?.[0].slice(-3)).toEqual([
    'SET',
    'maxmemory',
    expect.stringContaining('REDIS_MAXMEMORY'),
  ])
})

it('filling Redis sets no limit where it finds none', async () => {
  const { stack, asked } = recordingStack()
  const ask: Stack['ask'] = async () => 'services: { redis: { command: [redis-server] } }'
  const recovery = drills.find(({ name }) => name === 'fill-redis')?.recover({ ...stack, ask })
  await expect(recovery).rejects.toThrow('expected --maxmemory')
  expect(asked).toEqual([])
})

it('the tenfold load is ten times that of the generator', async () => {
  const { stack, asked } = recordingStack()
  await drills.find(({ name }) => name === 'tenfold-load')?.cause(stack)
  expect(asked.at(-1)?.[1]).toEqual({ GENERATOR_LINES_PER_SECOND: '20000' })
})

it('what is told while one waits comes from metrics and records that there are', () => {
  const known = new Set([...declaredSeries.keys(), ...readRecordedNames()])
  const asked = Object.values(flowExpressions).flatMap((expression) => selectorsOf(expression))
  expect(asked.filter(({ metric }) => !known.has(metric))).toEqual([])
  expect(asked.length).toBeGreaterThan(3)
})
