import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { catalogueDirectory } from '../../src/log-types/declaration/catalogue.js'
import { describeProblem } from '../../src/log-types/declaration/declaration-error.js'
import { readDeclaration } from '../../src/log-types/declaration/read-declaration.js'

/** The generated part of docs/log-types.md: what the catalogue has, by name. */
export function renderCatalogueDoc(): string {
  const rows = readdirSync(catalogueDirectory)
    .filter((name) => /\.ya?ml$/.test(name))
    .sort()
    .map((name) => {
      const result = readDeclaration(name, readFileSync(join(catalogueDirectory, name), 'utf8'))
      if ('problems' in result) throw new Error(result.problems.map(describeProblem).join('\n'))
      const { declaration } = result
      const description = declaration.description ?? ''
      return `| \`${declaration.name}\` | ${description.replaceAll('|', '\\|')} | \`${declaration.table}\` |`
    })
  return ['| Type | What it is for | Table |', '|---|---|---|', ...rows].join('\n')
}
