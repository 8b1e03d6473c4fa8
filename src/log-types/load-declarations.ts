import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Declaration } from './declaration.js'
import { DeclarationError, type DeclarationProblem } from './declaration-error.js'
import { indexNames } from './index-names.js'
import { readDeclaration } from './read-declaration.js'

/** All declarations of a directory by `order`, then name. Rejects with a DeclarationError. */
export async function loadDeclarations(directory: string): Promise<Declaration[]> {
  const problems: DeclarationProblem[] = []
  const loaded: { file: string; declaration: Declaration }[] = []
  for (const file of await listDeclarationFiles(directory)) {
    try {
      const result = readDeclaration(file, await readFile(file, 'utf8'))
      if ('declaration' in result) loaded.push({ file, declaration: result.declaration })
      else problems.push(...result.problems)
    } catch (error) {
      problems.push(unreadable(file, 'a readable file', error))
    }
  }
  problems.push(...findCollisions(loaded))
  if (problems.length > 0) throw new DeclarationError(problems)
  return loaded.map(({ declaration }) => declaration).sort(compareByOrder)
}

function compareByOrder(a: Declaration, b: Declaration): number {
  return a.order - b.order || (a.name < b.name ? -1 : 1)
}

async function listDeclarationFiles(directory: string): Promise<string[]> {
  let names: string[]
  try {
    names = await readdir(directory)
  } catch (error) {
    throw new DeclarationError([
      unreadable(directory, 'a readable directory of log type declarations', error),
    ])
  }
  const files = names.filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort()
  if (files.length > 0) return files.map((name) => join(directory, name))
  const expected = 'at least one declaration, a file named *.yaml or *.yml'
  const advice = 'Add a declaration, or correct the directory.'
  throw new DeclarationError([{ file: directory, key: '', expected, got: 'none', advice }])
}

function unreadable(file: string, expected: string, error: unknown): DeclarationProblem {
  const got = error instanceof Error ? error.message : String(error)
  return { file, key: '', expected, got, advice: 'Check the path and its permissions.' }
}

/** Type names are keys of streams; tables, their indexes and the view share one namespace of the database. */
function findCollisions(loaded: readonly { file: string; declaration: Declaration }[]): DeclarationProblem[] {
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
  const withOwnTable = loaded.filter(({ file, declaration }) => {
    claim(file, 'name', 'type name', declaration.name)
    return claim(file, 'table', 'name in the database', declaration.table)
  })
  for (const { file, declaration } of withOwnTable) {
    for (const name of indexNames(declaration)) claim(file, 'indexes', 'name in the database', name)
  }
  return problems
}
