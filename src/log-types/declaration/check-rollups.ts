import type { ColumnDeclaration, Declaration } from './declaration.js'
import { type Finding, repeated, reserved } from './finding.js'
import { eventsView } from './rollup.js'
import type { RollupDeclaration } from './rollup-schema.js'

/** Names that mean something else in the database, and columns that every rollup has. */
const reservedNames = new Set(['logs', eventsView])
const reservedKeys = new Set(['hour', 'events'])
/** Of these, values that are equal in PostgreSQL have the same bytes in a tuple: the indexer compares bytes. */
const countableTypes: ReadonlySet<string> = new Set<ColumnDeclaration['type']>([
  'text',
  'integer',
  'bigint',
  'inet',
])

/** The rules that connect rollups with columns, and with each other. */
export function checkRollups({ rollups, columns }: Declaration): Finding[] {
  const types = new Map<string, string>(columns.map(({ name, type }) => [name, type]))
  const names = new Set<string>()
  return rollups.flatMap((rollup, index) => {
    const path = ['rollups', index]
    const findings = checkColumns(rollup, path, types)
    if (reservedNames.has(rollup.name)) findings.push(reserved([...path, 'name'], rollup.name))
    if (names.has(rollup.name)) findings.push(repeated([...path, 'name'], rollup.name))
    names.add(rollup.name)
    return findings
  })
}

function checkColumns(
  { by, where }: RollupDeclaration,
  path: readonly PropertyKey[],
  types: ReadonlyMap<string, string>,
): Finding[] {
  const findings: Finding[] = []
  by.forEach((name, index) => {
    const type = types.get(name)
    const at = [...path, 'by', index]
    if (reservedKeys.has(name)) findings.push(reserved(at, name))
    else if (by.indexOf(name) < index) findings.push(repeated(at, name))
    else if (type === undefined || !countableTypes.has(type)) {
      findings.push({
        path: at,
        expected: `a column of type ${[...countableTypes].join(', ')}`,
        got: type === undefined ? JSON.stringify(name) : `${name} of type ${type}`,
        advice: 'Count by another column, or declare it.',
      })
    }
  })
  for (const [name, value] of Object.entries(where)) {
    if (types.get(name) === 'text' && !value.includes('\0')) continue
    findings.push({
      path: [...path, 'where', name],
      expected: 'a column of type text, and a text without NUL',
      got: types.has(name) ? `${name} of type ${types.get(name)}` : JSON.stringify(name),
      advice: 'Name a text column, or leave the condition out.',
    })
  }
  return findings
}
