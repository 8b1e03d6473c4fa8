import { readdir, readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import type { Declaration } from './declaration.js'
import { DeclarationError, type DeclarationProblem } from './declaration-error.js'
import { readDeclaration } from './read-declaration.js'

const declarationFile = /^[^.].*\.ya?ml$/

export interface ReadFile {
  readonly file: string
  readonly declaration: Declaration
}

export interface ReadFiles {
  readonly read: readonly ReadFile[]
  /** Of the files that could not be read, or are not valid. */
  readonly problems: readonly DeclarationProblem[]
}

/** Reads these files; what is wrong with one does not stop the others. */
export async function readDeclarationFiles(files: readonly string[]): Promise<ReadFiles> {
  const problems: DeclarationProblem[] = []
  const read: ReadFile[] = []
  for (const file of files) {
    try {
      const result = readDeclaration(file, await readFile(file, 'utf8'))
      if ('declaration' in result) read.push({ file, declaration: result.declaration })
      else problems.push(...result.problems)
    } catch (error) {
      problems.push(unreadable(file, 'a readable file', error))
    }
  }
  return { read, problems }
}

/** The declarations of a directory, sorted by name. Rejects with a DeclarationError when there is none. */
export async function listDeclarationFiles(directory: string): Promise<string[]> {
  const files = await listYamlFiles(directory)
  if (files !== undefined && files.length > 0) return files
  const problem =
    files === undefined
      ? { expected: 'a readable directory', got: 'no such directory' }
      : { expected: 'at least one declaration, a file named *.yaml or *.yml', got: 'none' }
  const advice = 'Add a declaration, or correct the directory.'
  throw new DeclarationError([{ file: directory, key: '', ...problem, advice }])
}

/** The *.yaml and *.yml files of a directory, sorted; undefined when there is no such directory. */
export async function listYamlFiles(directory: string): Promise<string[] | undefined> {
  try {
    const names = await readdir(directory)
    return names
      .filter((name) => declarationFile.test(name))
      .sort()
      .map((name) => join(directory, name))
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined
    throw new DeclarationError([unreadable(directory, 'a readable directory', error)])
  }
}

/** The name of a file without its extension: of samples and in the catalogue, that of the type. */
export function nameOfFile(file: string): string {
  return basename(file).replace(/\.ya?ml$/, '')
}

function unreadable(file: string, expected: string, error: unknown): DeclarationProblem {
  const got = error instanceof Error ? error.message : String(error)
  return { file, key: '', expected, got, advice: 'Check the path and its permissions.' }
}
