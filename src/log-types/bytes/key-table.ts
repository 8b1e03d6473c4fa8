/** FNV-1a, 32 bits, also computed byte by byte where keys are scanned. */
export const HASH_SEED = 0x811c9dc5 | 0
export const HASH_PRIME = 0x01000193

/** Of the key [start, end). */
export function hashKey(bytes: Uint8Array, start: number, end: number): number {
  let hash = HASH_SEED
  for (let at = start; at < end; at++) hash = Math.imul(hash ^ bytes[at]!, HASH_PRIME)
  return hash
}

/** Finds the slot of a key in a line by its bytes: open addressing, so a lookup makes no string. */
export class KeyTable {
  private readonly slots: Int32Array
  private readonly keys: readonly Uint8Array[]
  private readonly mask: number

  /** The slot of keys[i] is i. */
  constructor(keys: readonly string[]) {
    this.keys = keys.map((key) => Buffer.from(key, 'latin1'))
    let size = 8
    while (size < keys.length * 4) size *= 2
    this.mask = size - 1
    this.slots = new Int32Array(size).fill(-1)
    this.keys.forEach((key, slot) => {
      let at = hashKey(key, 0, key.length) & this.mask
      while (this.slots[at] !== -1) at = (at + 1) & this.mask
      this.slots[at] = slot
    })
  }

  /** Slot of the key [start, end), whose hash the caller has, or -1. */
  find(bytes: Buffer, start: number, end: number, hash: number): number {
    for (let at = hash & this.mask; ; at = (at + 1) & this.mask) {
      const slot = this.slots[at]!
      if (slot === -1) return -1
      const key = this.keys[slot]!
      if (key.length !== end - start) continue
      let k = 0
      while (k < key.length && bytes[start + k] === key[k]) k++
      if (k === key.length) return slot
    }
  }
}
