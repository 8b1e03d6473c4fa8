import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DeclarationError, type DeclarationProblem } from '../declaration-error.js'
import type { LogTypeRegistry } from '../log-type.js'
import { readSamples } from './read-samples.js'
import type { Sample } from './sample.js'

export interface TypeSamples {
  readonly logType: string
  /** Where the samples are, or where they would be. */
  readonly file: string
  /** undefined: there is no such file. */
  readonly samples: readonly Sample[] | undefined
}

/** Below the directory of the declarations, whose loader reads files only and not what is in directories. */
export const samplesDirectory = 'samples'

/**
 * The samples of every declared type, `samples/<name>.yaml` beside its declaration. Rejects with a DeclarationError
 * that holds every problem of every file; a file that belongs to no type is one, since its name is mistyped.
 */
export async function loadSamples(directory: string, registry: LogTypeRegistry): Promise<TypeSamples[]> {
  const folder = join(directory, samplesDirectory)
  const names = (await listFolder(folder)).filter((name) => /^[^.].*\.ya?ml$/.test(name)).sort()
  const problems: DeclarationProblem[] = []
  const byType = new Map<string, TypeSamples>()
  for (const name of names) {
    const file = join(folder, name)
    const type = registry.byName(name.replace(/\.ya?ml$/, ''))
    if (type === undefined || byType.has(type.name)) {
      const declared = registry.types.map((one) => one.name).join(', ')
      problems.push({
        file,
        key: '',
        expected: `one file for each of the declared types (${declared}), named after it`,
        got: type === undefined ? 'the name of no declared type' : `a second file for ${type.name}`,
        advice: 'Rename or remove the file.',
      })
      continue
    }
    const result = readSamples(file, await readFile(file, 'utf8'), type)
    if ('problems' in result) problems.push(...result.problems)
    else byType.set(type.name, { logType: type.name, file, samples: result.samples })
  }
  if (problems.length > 0) throw new DeclarationError(problems)
  return registry.types.map(
    ({ name }) =>
      byType.get(name) ?? { logType: name, file: join(folder, `${name}.yaml`), samples: undefined },
  )
}

async function listFolder(folder: string): Promise<string[]> {
  try {
    return await readdir(folder)
  } catch (error) {
    // Samples are optional.
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return []
    const got = error instanceof Error ? error.message : String(error)
    const expected = 'a readable directory of samples'
    throw new DeclarationError([
      { file: folder, key: '', expected, got, advice: 'Check the path and its permissions.' },
    ])
  }
}
