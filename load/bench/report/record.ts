import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findPackageRoot } from '../../../src/settings/package-root.js'
import type { BenchReport, Section } from '../bench-report.js'
import { tablesOf } from './all-tables.js'
import { renderChart } from './chart.js'
import { describeConditions } from './section-tables.js'
import { renderMarkdownTable } from './table.js'

const begin = (name: string) =>
  `<!-- measured: ${name}; written by \`npm run bench -- --record\`, not by hand -->`
const end = (name: string) => `<!-- end of measured: ${name} -->`

/** Writes what was measured into the documentation; sections that were not measured stay as they are. */
export async function recordInDocs(report: BenchReport): Promise<void> {
  const docs = join(findPackageRoot(), 'docs')
  const conditions = describeConditions(report).map((line) => `- ${line}`)
  for (const page of ['benchmarks.md', 'cost.md']) {
    let text = await readFile(join(docs, page), 'utf8')
    for (const [section, content] of renderSections(report)) {
      if (text.includes(begin(section))) text = replaceMeasured(text, section, content)
    }
    if (text.includes(begin('conditions'))) text = replaceMeasured(text, 'conditions', conditions.join('\n'))
    await writeFile(join(docs, page), text)
  }
  if (report.contest) await writeFile(join(docs, 'images', 'bench.svg'), renderChart(report.contest))
}

function renderSections(report: BenchReport): Map<Section, string> {
  const sections = new Map<Section, string>()
  for (const [section, tables] of tablesOf(report)) {
    sections.set(section, tables.map(renderMarkdownTable).join('\n\n'))
  }
  return sections
}

/** The page with what stands between the marks of that name replaced. */
export function replaceMeasured(page: string, name: string, content: string): string {
  const beginAt = page.indexOf(begin(name))
  const endAt = page.indexOf(end(name), beginAt)
  if (beginAt === -1 || endAt === -1)
    throw new Error(`the page needs the lines\n${begin(name)}\n${end(name)}`)
  return `${page.slice(0, beginAt)}${begin(name)}\n\n${content}\n\n${page.slice(endAt)}`
}
