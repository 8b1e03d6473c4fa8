import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { findPackageRoot } from '../../../src/settings/package-root.js'
import { SECTIONS } from '../bench-report.js'
import { replaceMeasured } from './record.js'

const mark = (name: string) =>
  `<!-- measured: ${name}; written by \`npm run bench -- --record\`, not by hand -->`

test('what stands between the marks is replaced, and nothing else', () => {
  const page = `before\n${mark('stages')}\n\nold\n\n<!-- end of measured: stages -->\nafter\n`
  const replaced = replaceMeasured(page, 'stages', 'new')
  expect(replaced).toBe(`before\n${mark('stages')}\n\nnew\n\n<!-- end of measured: stages -->\nafter\n`)
  expect(() => replaceMeasured(page, 'latency', 'new')).toThrow('the page needs the lines')
})

test('every section has its place in the documentation', () => {
  const pages = ['benchmarks.md', 'cost.md'].map((page) =>
    readFileSync(join(findPackageRoot(), 'docs', page), 'utf8'),
  )
  for (const section of [...SECTIONS, 'conditions']) {
    expect([section, pages.filter((page) => page.includes(mark(section))).length > 0]).toEqual([
      section,
      true,
    ])
  }
})
