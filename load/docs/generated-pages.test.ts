import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { errorCodes } from '../../src/errors/error-codes.js'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { settingList } from '../../src/settings/setting-list.js'
import { metricsTable } from '../../src/telemetry/metrics-table.js'
import { generatedPages } from './generated-pages.js'
import { replaceGeneratedSection } from './generated-section.js'

const root = findPackageRoot()

function readPage(path: string): string {
  return readFileSync(join(root, path), 'utf8')
}

describe('the documentation', () => {
  it.each(generatedPages.map((page) => [page.path, page] as const))(
    '%s says what the code declares; `npm run docs` makes it so',
    (path, { name, render }) => {
      const page = readPage(path)
      expect(replaceGeneratedSection(page, name, render())).toBe(page)
    },
  )

  it('names every setting, error and metric', () => {
    for (const { path, env } of settingList) {
      expect(readPage('docs/configuration.md')).toContain(`\`${path}\``)
      expect(readPage('docs/configuration.md')).toContain(`\`${env}\``)
    }
    for (const code of Object.keys(errorCodes)) expect(readPage('docs/errors.md')).toContain(`### ${code}\n`)
    for (const { name } of Object.values(metricsTable)) {
      expect(readPage('docs/metrics.md')).toContain(`\`${name}\``)
    }
  })

  it('names no setting, error or metric that does not exist', () => {
    const known = new Set<string>([
      'SLUICE_CONFIG_FILE',
      ...Object.keys(errorCodes),
      ...settingList.flatMap(({ env, fileEnv }) => [env, fileEnv ?? env]),
      ...Object.values(metricsTable).map(({ name }) => name),
    ])
    for (const { path } of generatedPages) {
      const named = readPage(path).match(/\bSLUICE_[A-Z_]+[A-Z]|\bsluice_[a-z_]+[a-z]/g) ?? []
      expect([path, named.filter((name) => !known.has(name))]).toEqual([path, []])
    }
  })
})

describe('replaceGeneratedSection', () => {
  it('refuses a page without the markers', () => {
    expect(() => replaceGeneratedSection('# Page\n', 'settings', 'x')).toThrow('the page needs the lines')
  })
})
