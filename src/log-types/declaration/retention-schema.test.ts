import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findPackageRoot } from '../../settings/package-root.js'
import { DeclaredLogType } from '../declared-log-type.js'
import { readDeclaration } from './read-declaration.js'

const dns = await readFile(join(findPackageRoot(), 'config', 'log-types', 'dns.yaml'), 'utf8')
const read = (retention: string) => readDeclaration('dns.yaml', `${dns}\nretention: ${retention}\n`)

describe('the key retention', () => {
  it('says how long rows stay, and what becomes of them', () => {
    for (const goal of ['drop', 'detach', 'export']) {
      const result = read(`{ days: 90, then: ${goal} }`)
      if (!('declaration' in result)) throw new Error('expected a declaration')
      expect(new DeclaredLogType(result.declaration).retention).toEqual({ days: 90, goal })
    }
    const without = readDeclaration('dns.yaml', dns)
    if (!('declaration' in without)) throw new Error('expected a declaration')
    expect(new DeclaredLogType(without.declaration).retention).toBeUndefined()
  })

  it.each([
    ['{ days: 90 }', 'retention.then', 'one of drop, detach, export'],
    ['{ days: 90, then: delete }', 'retention.then', 'one of drop, detach, export'],
    ['{ days: 0, then: drop }', 'retention.days', 'a whole number of days from 1 to 36500'],
    ['{ days: 1.5, then: drop }', 'retention.days', 'a whole number of days from 1 to 36500'],
    ['{ days: 90, then: drop, to: x }', 'retention.to', 'one of the keys days, then'],
    ['90', 'retention', 'a mapping with days and then, such as { days: 90, then: export }'],
  ])('is refused where rows could be lost by mistake: %s', (retention, key, expected) => {
    expect(read(retention)).toMatchObject({ problems: [{ key, expected }] })
  })
})
