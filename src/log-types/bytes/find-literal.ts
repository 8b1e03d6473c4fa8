/**
 * Searches of a literal inside [from, end), never looking outside of it. Literals of all parts of a template lie in
 * one array, `literals`, from `literalStart` on. Worst case: positions times literal length, which templates bound.
 */

/** True when the literal is at `at` and ends at or before `end`. */
export function startsWithLiteral(
  bytes: Buffer,
  at: number,
  end: number,
  literals: Uint8Array,
  literalStart: number,
  literalLength: number,
): boolean {
  if (at + literalLength > end) return false
  for (let k = 0; k < literalLength; k++) {
    if (bytes[at + k] !== literals[literalStart + k]) return false
  }
  return true
}

/** Position of the first occurrence, or -1. */
export function findFirst(
  bytes: Buffer,
  from: number,
  end: number,
  literals: Uint8Array,
  literalStart: number,
  literalLength: number,
): number {
  const first = literals[literalStart]
  const last = end - literalLength
  for (let at = from; at <= last; at++) {
    if (bytes[at] !== first) continue
    let k = 1
    while (k < literalLength && bytes[at + k] === literals[literalStart + k]) k++
    if (k === literalLength) return at
  }
  return -1
}

/** Position of the last occurrence, or -1. */
export function findLast(
  bytes: Buffer,
  from: number,
  end: number,
  literals: Uint8Array,
  literalStart: number,
  literalLength: number,
): number {
  const first = literals[literalStart]
  for (let at = end - literalLength; at >= from; at--) {
    if (bytes[at] !== first) continue
    let k = 1
    while (k < literalLength && bytes[at + k] === literals[literalStart + k]) k++
    if (k === literalLength) return at
  }
  return -1
}
