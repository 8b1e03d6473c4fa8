import { DeclaredLogType } from './declared-log-type.js'
import { Classifier } from './detection/classifier.js'
import { loadDeclarations } from './load-declarations.js'
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

/**
 * Reads every *.yaml and *.yml file of a directory, once, at start. Rejects with a DeclarationError that holds every
 * problem of every file.
 */
export async function loadLogTypes(directory: string): Promise<LogTypeRegistry> {
  const declarations = await loadDeclarations(directory)
  return createRegistry(declarations.map((declaration) => new DeclaredLogType(declaration)))
}
