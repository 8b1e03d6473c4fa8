import { cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { DeclarationError } from '../declaration/declaration-error.js'
import { loadLogTypes } from '../registry.js'
import { checkSamples } from './check-samples.js'
import { loadSamples } from './load-samples.js'

const shipped = new URL('../../../config/log-types', import.meta.url).pathname
let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-samples-'))
  for (const name of ['auth', 'dns']) await cp(join(shipped, `${name}.yaml`), join(directory, `${name}.yaml`))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function writeSamples(name: string, text: string): Promise<void> {
  await mkdir(join(directory, 'samples'), { recursive: true })
  await writeFile(join(directory, 'samples', name), text)
}

async function problems(): Promise<string[]> {
  const registry = await loadLogTypes(directory)
  const error = await loadSamples(directory, registry).catch((reason: unknown) => reason)
  if (!(error instanceof DeclarationError)) throw new Error('expected a DeclarationError')
  return [error.message, ...error.details].map((text) => text.replaceAll(`${directory}/`, ''))
}

it('samples are no declarations', async () => {
  await writeSamples('auth.yaml', '- { line: x, unclaimed: true }')
  expect((await loadLogTypes(directory)).types.map((type) => type.name)).toEqual(['dns', 'auth'])
})

it('finds the samples of each type, and says where those of a type without any would be', async () => {
  await writeSamples('auth.yml', '- { line: x, unclaimed: true }')
  await writeSamples('README.md', 'not samples')
  const registry = await loadLogTypes(directory)
  const samples = await loadSamples(directory, registry)
  expect(samples).toMatchObject([
    { logType: 'dns', file: join(directory, 'samples', 'dns.yaml'), samples: undefined },
    { logType: 'auth', file: join(directory, 'samples', 'auth.yml'), samples: [{ fileLine: 1 }] },
  ])
  expect(checkSamples(registry, samples)).toMatchObject([
    { logType: 'dns', samples: 0, failures: [] },
    { logType: 'auth', samples: 1, failures: [] },
  ])
})

it('needs no samples at all', async () => {
  const registry = await loadLogTypes(directory)
  expect((await loadSamples(directory, registry)).map(({ samples }) => samples)).toEqual([
    undefined,
    undefined,
  ])
})

it('says which sample failed, and where it stands', async () => {
  await writeSamples('auth.yaml', '- { line: x, unclaimed: true }\n- { line: y, refused: no_match }')
  const registry = await loadLogTypes(directory)
  const [, auth] = checkSamples(registry, await loadSamples(directory, registry))
  expect(auth?.failures).toEqual([
    {
      file: join(directory, 'samples', 'auth.yaml'),
      fileLine: 2,
      line: Buffer.from('y'),
      expected: 'recognised as auth',
      got: 'recognised by no type',
    },
  ])
})

it('refuses files of no type, second files, and what is wrong in any of them', async () => {
  await writeSamples('auth.yaml', '- { line: x }')
  await writeSamples('dns.yaml', '[]')
  await writeSamples('dns.yml', '[]')
  await writeSamples('atuh.yaml', '[]')
  expect(await problems()).toEqual([
    expect.stringContaining(
      'samples/atuh.yaml: expected one file for each of the declared types (dns, auth)',
    ),
    expect.stringContaining('samples/auth.yaml: [0]: expected one of record, refused, unclaimed'),
    expect.stringContaining('samples/dns.yml: expected one file'),
  ])
})
