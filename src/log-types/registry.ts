import { registryOf } from './create-registry.js'
import {
  type DeclarationSources,
  type LoadedDeclarations,
  loadDeclarations,
} from './declaration/load-declarations.js'
import type { LogTypeRegistry } from './log-type.js'

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
  return { ...loaded, registry: registryOf(loaded.declared.map(({ declaration }) => declaration)) }
}

/**
 * Reads every *.yaml and *.yml file of a directory, once, at start. Rejects with a DeclarationError that holds every
 * problem of every file.
 */
export async function loadLogTypes(directory: string): Promise<LogTypeRegistry> {
  return (await loadLogTypesFrom({ directory })).registry
}
