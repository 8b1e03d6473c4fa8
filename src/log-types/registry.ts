import { DeclaredLogType } from './declared-log-type.js'
import { plainEnd } from './detector.js'
import { loadDeclarations } from './load-declarations.js'
import type { LogType, LogTypeRegistry } from './log-type.js'

/** The log types in the order in which they are tried on a line. */
export function createRegistry(types: readonly LogType[]): LogTypeRegistry {
  const names = new Map(types.map((type) => [type.name, type]))
  return {
    types,
    byName: (name) => names.get(name),
    classify(bytes, start, end) {
      const linePlainEnd = plainEnd(bytes, start, end)
      for (let i = 0; i < types.length; i++) {
        if (types[i]!.detect(bytes, start, end, linePlainEnd)) return i
      }
      return -1
    },
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
