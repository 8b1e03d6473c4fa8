import { DeclaredLogType } from './declared-log-type.js'
import { Classifier } from './detection/classifier.js'
import { type DeclarationSources, type LoadedDeclarations, loadDeclarations } from './load-declarations.js'
import type { LogType, LogTypeRegistry } from './log-type.js'

/** The log types in the order in which they are tried on a line. */
export function createRegistry(types: readonly LogType[]): LogTypeRegistry {
  const names = new Map(types.map((type) => [type.name, type]))
  const classifier = new Classifier(types.map((type) => type.detection))
  return {
    types,
    byName: (name) => names.get(name),
    classify: (bytes, start, end) => classifier.classify(bytes, start, end),
  }
}

export interface LoadedLogTypes extends LoadedDeclarations {
  /** Its types are in the order of `declared`. */
  readonly registry: LogTypeRegistry
}

/** What loadDeclarations reads, ready for lines. Rejects as it does. */
export async function loadLogTypesFrom(
  sources: DeclarationSources,
  scope: 'active' | 'all' = 'active',
): Promise<LoadedLogTypes> {
  const loaded = await loadDeclarations(sources, scope)
  return {
    ...loaded,
    registry: createRegistry(loaded.declared.map(({ declaration }) => new DeclaredLogType(declaration))),
  }
}

/**
 * Reads every *.yaml and *.yml file of a directory, once, at start. Rejects with a DeclarationError that holds every
 * problem of every file.
 */
export async function loadLogTypes(directory: string): Promise<LogTypeRegistry> {
  return (await loadLogTypesFrom({ directory })).registry
}
