import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { formatError } from '../errors/sluice-error.js'
import { DeclarationError } from './declaration/declaration-error.js'
import { loadLogTypes } from './registry.js'

let directory: string

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-log-types-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

async function declare(file: string, changes: Record<string, string> = {}): Promise<void> {
  const values = {
    name: 'web',
    table: 'web_logs',
    detect: '"{token} GET "',
    order: '100',
    indexes: '[]',
    ...changes,
  }
  const text = `
name: ${values.name}
version: 1
order: ${values.order}
table: ${values.table}
detect: [${values.detect}]
format: { kind: dissect, pattern: "{timestamp} {a} {b_c}" }
columns:
  - { name: timestamp, type: timestamptz, required: true }
  - { name: a, type: text }
  - { name: b_c, type: text }
indexes: ${values.indexes}
`
  await writeFile(join(directory, file), text)
}

async function problems(): Promise<string[]> {
  const error = await loadLogTypes(directory).catch((reason: unknown) => reason)
  if (!(error instanceof DeclarationError)) throw new Error('expected a DeclarationError')
  expect(error.code).toBe('SLUICE_LOG_TYPE_INVALID')
  return [error.message, ...error.details].map((text) => text.replaceAll(`${directory}/`, ''))
}

describe('loadLogTypes', () => {
  it('loads *.yaml and *.yml, sorted by order, then name', async () => {
    await declare('1.yaml', { name: 'b', table: 'b' })
    await declare('2.yml', { name: 'a', table: 'a' })
    await declare('3.yaml', { name: 'z', table: 'z', order: '5' })
    await writeFile(join(directory, 'README.md'), 'not a declaration')
    await writeFile(join(directory, '.hidden.yaml'), 'not a declaration')
    const registry = await loadLogTypes(directory)
    expect(registry.types.map((type) => type.name)).toEqual(['z', 'a', 'b'])
    expect(registry.byName('a')?.table).toBe('a')
    expect(registry.byName('__proto__')).toBeUndefined()
  })

  it('classifies a line as the first type that detects it', async () => {
    await declare('1.yaml', { name: 'any', table: 'any_logs', detect: '"{token} "', order: '9' })
    await declare('2.yaml', { name: 'get', table: 'get_logs', detect: '"{token} GET ", "GET"', order: '1' })
    const registry = await loadLogTypes(directory)
    const classify = (line: string) => registry.classify(Buffer.from(line), 0, line.length)
    expect(['x GET y', 'GET', 'x POST y', 'x', ''].map(classify)).toEqual([0, 0, 1, -1, -1])
  })

  it('refuses names and tables that two files share, with both files', async () => {
    await declare('1.yaml')
    await declare('2.yaml')
    expect(await problems()).toEqual([
      expect.stringMatching(
        /^2\.yaml: name: expected a type name of its own; got "web", which 1\.yaml has already$/,
      ),
      expect.stringMatching(
        /^2\.yaml: table: expected a name in the database of its own; got "web_logs", which 1\.yaml/,
      ),
    ])
  })

  it('refuses indexes whose names would be the same, since the second would silently not be made', async () => {
    await declare('1.yaml', { table: 'a', indexes: '[[b_c]]' })
    await declare('2.yaml', { table: 'a_b', name: 'other', indexes: '[[b_c]]' })
    await declare('3.yaml', { table: 'a_b_c_idx', name: 'third' })
    expect(await problems()).toEqual([
      '1.yaml: indexes: expected a name in the database of its own; got "a_b_c_idx", which 3.yaml has already',
    ])
  })

  it('shows every problem of every file, and what to do', async () => {
    await declare('1.yaml', { name: 'Web' })
    await declare('2.yaml', { order: 'first' })
    expect(await problems()).toEqual([
      expect.stringMatching(/^1\.yaml:\d+: name: expected/),
      expect.stringMatching(/^2\.yaml:\d+: order: expected .*; got "first"$/),
    ])
    const error = await loadLogTypes(directory).catch((reason: unknown) => reason)
    expect(formatError(error)).toMatch(
      /^error SLUICE_LOG_TYPE_INVALID: .*1\.yaml:\d+: name.*2\.yaml:\d+: order.*do: /s,
    )
  })

  it('refuses a directory that is missing or has no declaration', async () => {
    expect(await problems()).toEqual([expect.stringMatching(/expected at least one declaration.*got none$/)])
    await expect(loadLogTypes(join(directory, 'missing'))).rejects.toThrow(
      /missing: expected a readable directory/,
    )
  })
})
