import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { generatedPages } from './generated-pages.js'
import { replaceGeneratedSection } from './generated-section.js'

// Writes the generated sections of the documentation anew. Run it after changing a setting, an error or a metric.
const root = findPackageRoot()
for (const { path, name, render } of generatedPages) {
  const file = join(root, path)
  const page = readFileSync(file, 'utf8')
  const updated = replaceGeneratedSection(page, name, render())
  if (updated !== page) writeFileSync(file, updated)
  console.log(`${path}: ${updated === page ? 'up to date' : 'written'}`)
}
