import { join } from 'node:path'
import { SluiceError } from '../../errors/sluice-error.js'
import { findNearestName } from '../../settings/nearest-name.js'
import { findPackageRoot } from '../../settings/package-root.js'
import type { DeclarationProblem } from './declaration-error.js'
import { listYamlFiles, nameOfFile, type ReadFile } from './declaration-files.js'

/** Shipped types that are active only when they are named; each in a file of its name. */
export const catalogueDirectory: string = join(findPackageRoot(), 'config', 'log-types', 'catalogue')

/** In place of a name: every type of the catalogue. */
export const WHOLE_CATALOGUE = 'all'

export interface CatalogueFiles {
  readonly active: readonly string[]
  readonly others: readonly string[]
}

/**
 * The files of a catalogue, divided by whether `names` has them.
 * @throws SluiceError SLUICE_SETTINGS_INVALID for a name that is not there
 */
export async function listCatalogue(directory: string, names: readonly string[]): Promise<CatalogueFiles> {
  const files = (await listYamlFiles(directory)) ?? []
  const known = files.map(nameOfFile)
  const unknown = names.filter((name) => name !== WHOLE_CATALOGUE && !known.includes(name))
  if (unknown.length > 0) throw unknownNames(unknown, known)
  const isActive = (file: string) => names.includes(WHOLE_CATALOGUE) || names.includes(nameOfFile(file))
  return { active: files.filter(isActive), others: files.filter((file) => !isActive(file)) }
}

function unknownNames(unknown: readonly string[], known: readonly string[]): SluiceError {
  const nearest = findNearestName(unknown[0]!, known)
  return new SluiceError(
    'SLUICE_SETTINGS_INVALID',
    'logTypes.catalogue (SLUICE_LOG_TYPES_CATALOGUE) names what is not in the catalogue',
    {
      expected:
        known.length === 0 ? 'no name: the catalogue is empty' : `all, or some of ${known.join(', ')}`,
      got: unknown.join(', '),
      hint:
        nearest === undefined
          ? 'Correct the name; `sluice log-types list` shows what there is.'
          : `Did you mean ${nearest}? \`sluice log-types list\` shows what there is.`,
    },
  )
}

/** In the catalogue a type is found by the name of its file. */
export function findMisnamed(files: readonly ReadFile[]): DeclarationProblem[] {
  return files
    .filter(({ file, declaration }) => declaration.name !== nameOfFile(file))
    .map(({ file, declaration }) => ({
      file,
      key: 'name',
      expected: `the name of the file, ${nameOfFile(file)}`,
      got: JSON.stringify(declaration.name),
      advice: 'Rename one of the two.',
    }))
}
