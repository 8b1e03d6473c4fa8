import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatError } from '../../errors/sluice-error.js'
import { loadLogTypesFrom } from '../registry.js'
import { loadAllSamples } from '../samples/load-samples.js'
import { catalogueDirectory } from './catalogue.js'
import type { DeclarationSources } from './load-declarations.js'

let root: string
let sources: DeclarationSources

beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'sluice-catalogue-'))
  sources = { directory: join(root, 'own'), catalogueDirectory: join(root, 'catalogue') }
  await declare('own/web.yaml', 'web')
  await declare('catalogue/mail.yaml', 'mail', 50)
  await declare('catalogue/proxy.yaml', 'proxy')
})
afterEach(async () => {
  await rm(root, { recursive: true })
})

async function declare(file: string, name: string, order = 100, table = `${name}_logs`): Promise<void> {
  const text = `
name: ${name}
version: 1
order: ${order}
table: ${table}
detect: ["{token} ${name} "]
format: { kind: dissect, pattern: "{timestamp} ${name} {text}" }
columns:
  - { name: timestamp, type: timestamptz, required: true }
  - { name: text, type: text }
`
  await write(file, text)
}

async function write(file: string, text: string): Promise<void> {
  await mkdir(dirname(join(root, file)), { recursive: true })
  await writeFile(join(root, file), text)
}

async function activeWith(changes: Partial<DeclarationSources>): Promise<string[]> {
  const { registry } = await loadLogTypesFrom({ ...sources, ...changes })
  return registry.types.map(({ name }) => name)
}

async function errorWith(changes: Partial<DeclarationSources>, scope?: 'all'): Promise<string> {
  const error = await loadLogTypesFrom({ ...sources, ...changes }, scope).catch((reason: unknown) => reason)
  if (!(error instanceof Error)) throw new Error('expected an error')
  return formatError(error).replaceAll(`${root}/`, '')
}

describe('the catalogue', () => {
  it('gives the types that are named, or all, in their order among those of the directory', async () => {
    expect(await activeWith({})).toEqual(['web'])
    expect(await activeWith({ catalogue: ['proxy'] })).toEqual(['proxy', 'web'])
    expect(await activeWith({ catalogue: ['all'] })).toEqual(['mail', 'proxy', 'web'])
  })

  it('is there without anything in it', async () => {
    expect(await activeWith({ catalogueDirectory: join(root, 'nothing'), catalogue: ['all'] })).toEqual([
      'web',
    ])
    expect(await errorWith({ catalogueDirectory: join(root, 'nothing'), catalogue: ['mail'] })).toContain(
      'expected: no name: the catalogue is empty',
    )
  })

  it('refuses a name that is not there, with the names that are', async () => {
    expect(await errorWith({ catalogue: ['mail', 'poxy'] })).toBe(
      `error SLUICE_SETTINGS_INVALID: logTypes.catalogue (SLUICE_LOG_TYPES_CATALOGUE) names what is not in the catalogue
  expected: all, or some of mail, proxy
  got: poxy
  do: Did you mean proxy? \`sluice log-types list\` shows what there is.`,
    )
  })

  it('refuses an active type whose name or table is in the directory too; one that is not active gives way', async () => {
    await declare('own/proxy.yaml', 'proxy')
    await declare('catalogue/other.yaml', 'other', 100, 'web_logs')
    expect(await errorWith({ catalogue: ['all'] })).toMatch(
      /catalogue\/proxy\.yaml: name: expected a type name of its own; got "proxy", which own\/proxy\.yaml has/,
    )
    expect(await activeWith({ catalogue: ['mail'] })).toEqual(['mail', 'proxy', 'web'])
    const { declared, leftOut } = await loadLogTypesFrom(sources, 'all')
    expect(declared.map(({ declaration, isActive }) => [declaration.name, isActive])).toEqual([
      ['mail', false],
      ['proxy', true],
      ['web', true],
    ])
    expect(leftOut).toEqual(['other.yaml', 'proxy.yaml'].map((name) => join(root, 'catalogue', name)))
  })

  it('refuses a type that is not named after its file', async () => {
    await declare('catalogue/dhcp.yaml', 'leases')
    expect(await errorWith({ catalogue: ['dhcp'] })).toContain(
      'catalogue/dhcp.yaml: name: expected the name of the file, dhcp; got "leases"',
    )
  })

  it('does not read what is not active, unless all are asked for', async () => {
    await write('catalogue/broken.yaml', 'name: Broken')
    expect(await activeWith({ catalogue: ['mail'] })).toEqual(['mail', 'web'])
    expect(await errorWith({ catalogue: ['mail'] }, 'all')).toContain('catalogue/broken.yaml:1: name')
  })

  it('has its samples beside it', async () => {
    await write('own/samples/web.yaml', '- { line: x, unclaimed: true }')
    await write('catalogue/samples/mail.yaml', '- { line: x, unclaimed: true }')
    await declare('own/proxy.yaml', 'proxy')
    await write('catalogue/samples/proxy.yaml', 'not looked at, since another stands in its place')
    const samples = await loadAllSamples(await loadLogTypesFrom(sources, 'all'))
    expect(samples.map(({ file, samples: read }) => [file.slice(root.length + 1), read?.length])).toEqual([
      ['catalogue/samples/mail.yaml', 1],
      ['own/samples/proxy.yaml', undefined],
      ['own/samples/web.yaml', 1],
    ])
  })

  it('that is shipped fits together with the types that are active, and says what each is for', async () => {
    const { declared } = await loadLogTypesFrom(
      { directory: dirname(catalogueDirectory), catalogue: ['all'] },
      'all',
    )
    const silent = declared.filter((one) => one.inCatalogue && one.declaration.description === undefined)
    expect(silent.map(({ file }) => file)).toEqual([])
  })
})

describe('skipInvalid', () => {
  it('leaves out what is not valid, with its problems, and loads the others', async () => {
    await write('own/broken.yaml', 'name: Broken')
    await declare('own/xerox.yaml', 'xerox', 100, 'web_logs')
    expect(await errorWith({})).toContain('own/broken.yaml:1: name')
    const { declared, problems } = await loadLogTypesFrom({ ...sources, skipInvalid: true })
    expect(declared.map(({ declaration }) => declaration.name)).toEqual(['web'])
    expect(new Set(problems.map(({ file }) => file.slice(root.length + 1)))).toEqual(
      new Set(['own/broken.yaml', 'own/xerox.yaml']),
    )
  })

  it('does not start with nothing at all', async () => {
    await write('own/web.yaml', 'name: Broken')
    expect(await errorWith({ skipInvalid: true })).toContain('own/web.yaml:1: name')
  })
})
