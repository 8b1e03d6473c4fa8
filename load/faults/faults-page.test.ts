import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { failpoints } from '../../src/lifecycle/failpoints.js'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { scenarios } from './scenarios/index.js'

const page = readFileSync(join(findPackageRoot(), 'docs/faults.md'), 'utf8')
const rows = page.split('\n').filter((line) => line.startsWith('| '))

describe('docs/faults.md', () => {
  it('has every scenario beside the faults that it injects', () => {
    for (const { name, faults } of scenarios) {
      const numbers = rows
        .filter((row) => row.includes(`\`${name}\``))
        .map((row) => Number(/^\| (\d+) \|/.exec(row)?.[1] ?? 0))
      expect([name, numbers.length > 0]).toEqual([name, true])
      // 0: an attack, which has no number.
      for (const number of numbers) {
        if (number > 0) expect([name, faults]).toEqual([name, expect.arrayContaining([number])])
      }
    }
  })

  it('has every failpoint, and says of it what the code says', () => {
    for (const [name, when] of Object.entries(failpoints)) {
      expect(rows).toContain(`| \`${name}\` | ${when} |`)
    }
  })
})

describe('the scenarios', () => {
  it('have names of their own, and tell what a team wants to know', () => {
    expect(new Set(scenarios.map(({ name }) => name)).size).toBe(scenarios.length)
    for (const { name, title, observe, discuss, recovery } of scenarios) {
      expect(name).toMatch(/^[a-z]+(-[a-z]+)+$/)
      for (const text of [title, observe, discuss, recovery])
        expect([name, text]).toEqual([name, expect.stringMatching(/[.?]$/)])
    }
  })
})
