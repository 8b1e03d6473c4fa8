import type { Declaration } from './declaration/declaration.js'
import { DeclaredLogType } from './declared-log-type.js'
import { Classifier } from './detection/classifier.js'
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

/** The types of declarations that were checked, in this order. */
export function registryOf(declarations: readonly Declaration[]): LogTypeRegistry {
  return createRegistry(declarations.map((declaration) => new DeclaredLogType(declaration)))
}
