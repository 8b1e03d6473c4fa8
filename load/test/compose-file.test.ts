import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { z } from 'zod'
import { findPackageRoot } from '../../src/settings/package-root.js'

const read = (path: string) => readFileSync(join(findPackageRoot(), path), 'utf8')
const text = read('docker-compose.yml')

const service = z.object({
  restart: z.string().default('no'),
  profiles: z.array(z.string()).default([]),
  depends_on: z.record(z.string(), z.object({ condition: z.string() })).default({}),
  ports: z.array(z.string()).default([]),
  read_only: z.boolean().default(false),
  cap_drop: z.array(z.string()).default([]),
  security_opt: z.array(z.string()).default([]),
  command: z.union([z.string(), z.array(z.string())]).default([]),
  environment: z.record(z.string(), z.string()).default({}),
  volumes: z.array(z.string()).default([]),
})
const composeFile = z.object({
  services: z.record(z.string(), service),
  volumes: z.record(z.string(), z.null()),
})
const { services: byName, volumes: namedVolumes } = composeFile.parse(parse(text, { merge: true }))
const services = Object.entries(byName)

describe('docker-compose.yml', () => {
  // Otherwise `up --wait` takes its end for a failure.
  it('has somebody wait for the end of everything that runs once', () => {
    const awaited = services.flatMap(([, { depends_on: needs }]) =>
      Object.entries(needs).flatMap(([name, { condition }]) =>
        condition === 'service_completed_successfully' ? [name] : [],
      ),
    )
    const runOnce = services.filter(([, one]) => one.restart === 'no' && one.profiles.length === 0)
    expect(runOnce.map(([name]) => name).sort()).toEqual([...new Set(awaited)].sort())
  })

  it('publishes on the loopback address, and nothing but Grafana, Prometheus and the reader', () => {
    const published = services.flatMap(([name, { ports }]) => ports.map((port) => [name, port] as const))
    expect(published.filter(([, port]) => !port.startsWith('127.0.0.1:'))).toEqual([])
    expect(published.map(([name]) => name).sort()).toEqual(['grafana', 'prometheus', 'reader'])
  })

  it.each(services)('gives %s no rights that it does not need', (_, one) => {
    expect(one.read_only).toBe(true)
    expect(one.cap_drop).toEqual(['ALL'])
    expect(one.security_opt).toEqual(['no-new-privileges:true'])
  })

  it('can be told what .env.example says, and nothing else', () => {
    const settings = [...text.matchAll(/\$\{(\w+):-/g)].map(([, name]) => name)
    const documented = [...read('.env.example').matchAll(/^#(\w+)=/gm)].map(([, name]) => name)
    expect([...new Set(settings)].sort()).toEqual(documented.sort())
  })

  it('shows the exported days to whoever applies retention, and to commands', () => {
    const indexers = services.filter(([, { command }]) => command.includes('indexer')).map(([name]) => name)
    expect(indexers).toEqual(['indexer', 'faulty-indexer'])
    for (const name of [...indexers, 'sluice']) {
      expect(byName[name]?.environment.SLUICE_RETENTION_DIRECTORY).toBe('/archive')
      // Beside all that the others have.
      expect(byName[name]?.volumes).toEqual([...(byName.parser?.volumes ?? []), 'archive:/archive'])
      expect(byName[name]?.environment).toMatchObject(byName.migrate?.environment ?? {})
    }
    expect(Object.keys(namedVolumes)).toContain('archive')
    // Otherwise it would be root's.
    expect(read('Dockerfile')).toMatch(/install -d -o node \/archive$/m)
  })

  it('has every target of Prometheus', () => {
    const config = read('prometheus/prometheus.yml')
    const names = services.map(([name]) => name)
    const discovered = /names: \[(.*)\]/.exec(config)?.[1]?.split(', ') ?? []
    const fixed = [...config.matchAll(/targets: \["([a-z-]+):\d+"\]/g)].map(([, name]) => name)
    const targets = [...discovered, ...fixed].filter((name) => name !== 'localhost')
    expect(targets.length).toBeGreaterThan(5)
    expect(targets.filter((name) => !names.includes(name ?? ''))).toEqual([])
  })
})
