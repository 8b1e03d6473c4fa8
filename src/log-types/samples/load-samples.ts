import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DeclarationError, type DeclarationProblem } from '../declaration/declaration-error.js'
import { listYamlFiles, nameOfFile } from '../declaration/declaration-files.js'
import type { LogType } from '../log-type.js'
import type { LoadedLogTypes } from '../registry.js'
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
 * @param types what is declared in this directory; default: all types of the registry
 * @param leftOut declarations in it that are not loaded, whose samples are not read either
 */
export async function loadSamples(
  directory: string,
  { types }: { readonly types: readonly LogType[] },
  leftOut: readonly string[] = [],
): Promise<TypeSamples[]> {
  const folder = join(directory, samplesDirectory)
  // Samples are optional, and so is their directory.
  const files = (await listYamlFiles(folder)) ?? []
  const problems: DeclarationProblem[] = []
  const byType = new Map<string, TypeSamples>()
  for (const file of files.filter((one) => !leftOut.includes(nameOfFile(one)))) {
    const type = types.find(({ name }) => name === nameOfFile(file))
    if (type === undefined || byType.has(type.name)) {
      const declared = types.map((one) => one.name).join(', ')
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
  return types.map(
    ({ name }) =>
      byType.get(name) ?? { logType: name, file: join(folder, `${name}.yaml`), samples: undefined },
  )
}

/** The samples of all types, in their order, each beside its declaration. Rejects as loadSamples does. */
export async function loadAllSamples({
  registry,
  declared,
  leftOut,
}: LoadedLogTypes): Promise<TypeSamples[]> {
  const directories = [...new Set([...declared.map(({ file }) => file), ...leftOut].map(dirname))]
  const samples = await Promise.all(
    directories.map((directory) => {
      const types = registry.types.filter((_, index) => dirname(declared[index]!.file) === directory)
      const names = leftOut.filter((file) => dirname(file) === directory).map(nameOfFile)
      return loadSamples(directory, { types }, names)
    }),
  )
  const byName = new Map(samples.flat().map((one) => [one.logType, one]))
  return registry.types.map(({ name }) => byName.get(name)!)
}
