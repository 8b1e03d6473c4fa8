import { HASH_PRIME, HASH_SEED, KeyTable } from '../formats/key-table.js'

/** Longer than any name that a declaration may give. */
const MAX_APP_BYTES = 128

/** Finds the number of a program's name by its bytes. */
export class AppTable {
  private readonly table: KeyTable

  /** The number of names[i] is i. */
  constructor(readonly names: readonly string[]) {
    this.table = new KeyTable(names)
  }

  /** -1 for a name that is not in the table, or an absent one, whose start is -1. */
  find(bytes: Buffer, start: number, end: number): number {
    if (start < 0 || end - start > MAX_APP_BYTES) return -1
    let hash = HASH_SEED
    for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, HASH_PRIME)
    return this.table.find(bytes, start, end, hash)
  }
}
