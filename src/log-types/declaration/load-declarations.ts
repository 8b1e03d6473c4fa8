import { catalogueDirectory, findMisnamed, listCatalogue } from './catalogue.js'
import type { Declaration } from './declaration.js'
import { DeclarationError, type DeclarationProblem } from './declaration-error.js'
import {
  listDeclarationFiles,
  type ReadFile,
  type ReadFiles,
  readDeclarationFiles,
} from './declaration-files.js'
import { findCollisions } from './find-collisions.js'

/** Where declarations come from. */
export interface DeclarationSources {
  /** Every type that is declared here is active. */
  readonly directory: string
  /** Types of the catalogue that are active too: names, or `all`. Default: none. */
  readonly catalogue?: readonly string[]
  /** Default: the catalogue that is shipped. */
  readonly catalogueDirectory?: string
  /** Goes on without the declarations that are not valid. Default: rejects. */
  readonly skipInvalid?: boolean
}

export interface DeclaredType {
  readonly file: string
  readonly declaration: Declaration
  readonly inCatalogue: boolean
  readonly isActive: boolean
}

export interface LoadedDeclarations {
  /** By `order`, then name. */
  readonly declared: readonly DeclaredType[]
  /** Files that were left out: not valid, with `skipInvalid`, or another type stands in their place. */
  readonly leftOut: readonly string[]
  /** Of the declarations that are not valid, with `skipInvalid`. */
  readonly problems: readonly DeclarationProblem[]
}

/**
 * All declarations that are active, and with `scope` 'all' those of the catalogue that are not; of these the ones left
 * out that an active one of the same name, table or index stands in place of.
 * Rejects with a DeclarationError, and with SLUICE_SETTINGS_INVALID for a name that is not in the catalogue.
 */
export async function loadDeclarations(
  sources: DeclarationSources,
  scope: 'active' | 'all' = 'active',
): Promise<LoadedDeclarations> {
  const shipped = sources.catalogueDirectory ?? catalogueDirectory
  const own = await readDeclarationFiles(await listDeclarationFiles(sources.directory))
  const names = sources.catalogue ?? []
  const listed = scope === 'all' || names.length > 0 ? await listCatalogue(shipped, names) : undefined
  const activated = await readCatalogue(listed?.active ?? [])
  const others = await readCatalogue(scope === 'all' ? (listed?.others ?? []) : [])
  const active = withoutCollisions([...own.read, ...activated.read])
  const problems = [...own.problems, ...activated.problems, ...active.problems, ...others.problems]
  if (problems.length > 0 && sources.skipInvalid !== true) throw new DeclarationError(problems)
  if (active.read.length === 0) throw new DeclarationError(problems)
  const all = withoutCollisions([...active.read, ...others.read])
  const declared = all.read.map((one) => ({
    ...one,
    inCatalogue: !own.read.includes(one),
    isActive: !others.read.includes(one),
  }))
  const leftOut = [...new Set([...problems, ...all.problems].map(({ file }) => file))]
  return { declared: declared.sort(compareByOrder), leftOut, problems }
}

function compareByOrder({ declaration: a }: DeclaredType, { declaration: b }: DeclaredType): number {
  return a.order - b.order || (a.name < b.name ? -1 : 1)
}

async function readCatalogue(files: readonly string[]): Promise<ReadFiles> {
  const { read, problems } = await readDeclarationFiles(files)
  const misnamed = findMisnamed(read)
  return { read: without(read, misnamed), problems: [...problems, ...misnamed] }
}

/** What stands later is the one that collides. */
function withoutCollisions(read: readonly ReadFile[]): ReadFiles {
  const problems = findCollisions(read)
  return { read: without(read, problems), problems }
}

function without(read: readonly ReadFile[], problems: readonly DeclarationProblem[]): ReadFile[] {
  const bad = new Set(problems.map(({ file }) => file))
  return read.filter(({ file }) => !bad.has(file))
}
