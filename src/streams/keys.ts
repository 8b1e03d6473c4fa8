/**
 * The Redis keys of one log type. All share the hash tag `{type}`, so a script may touch them together in
 * Redis Cluster.
 */
export interface TypeKeys {
  readonly logType: string
  /** Stream: reader → parsers. */
  readonly raw: string
  /** Stream: parsers → indexers. */
  readonly rows: string
  /** Stream: entries that could not be opened, whole. */
  readonly dead: string
  /** Hash: batch hash → "<raw|rows> <entry id>" of every batch that is in a stream right now. */
  readonly batches: string
  /** Integer: bytes of the entries in raw and rows. */
  readonly bytes: string
}

export const parsersGroup = 'parsers'
export const indexersGroup = 'indexers'

/** Log type of the lines that no declared type claims. Not a name that a declaration may take. */
export const unclassified = 'unclassified'

export function typeKeys(prefix: string, logType: string): TypeKeys {
  const base = `${prefix}:{${logType}}`
  return {
    logType,
    raw: `${base}:raw`,
    rows: `${base}:rows`,
    dead: `${base}:dead`,
    batches: `${base}:batches`,
    bytes: `${base}:bytes`,
  }
}
