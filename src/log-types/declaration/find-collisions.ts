import { indexNames } from '../tables/index-names.js'
import type { DeclarationProblem } from './declaration-error.js'
import type { ReadFile } from './declaration-files.js'
import { rollupsOf } from './rollup.js'

/** Type names are keys of streams; tables, their indexes and the view share one namespace of the database. */
export function findCollisions(files: readonly ReadFile[]): DeclarationProblem[] {
  const problems: DeclarationProblem[] = []
  const owners = new Map<string, string>()
  const claim = (file: string, key: string, kind: string, name: string): boolean => {
    const owner = owners.get(`${kind} ${name}`)
    if (owner === undefined) {
      owners.set(`${kind} ${name}`, file)
      return true
    }
    problems.push({
      file,
      key,
      expected: `a ${kind} of its own`,
      got: `${JSON.stringify(name)}, which ${owner === file ? 'this file' : owner} has already`,
      advice: 'Rename one of the two.',
    })
    return false
  }
  const withOwnTable = files.filter(({ file, declaration }) => {
    claim(file, 'name', 'type name', declaration.name)
    return claim(file, 'table', 'name in the database', declaration.table)
  })
  for (const { file, declaration } of withOwnTable) {
    for (const name of indexNames(declaration)) claim(file, 'indexes', 'name in the database', name)
    for (const { name } of rollupsOf(declaration.table, declaration.rollups)) {
      claim(file, 'rollups', 'name in the database', name)
    }
  }
  return problems
}
