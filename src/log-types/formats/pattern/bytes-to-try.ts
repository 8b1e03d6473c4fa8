import type { Place } from './automaton.js'
import type { ByteSet } from './byte-set.js'

/**
 * The bytes that have to be looked at from where these places are next: of those that the same of them take, one; none
 * that no one takes. Which places take a byte is mostly asked for the same few combinations, and found out once.
 */
export type BytesToTry = (next: readonly number[]) => readonly number[]

export function createBytesToTry(places: readonly Place[]): BytesToTry {
  const sets = [...new Set(places.map(({ set }) => set))]
  const numbers = new Map(sets.map((set, number) => [set, number]))
  /** By place a character that stands for its set. */
  const marks = places.map(({ set }) => String.fromCharCode(numbers.get(set)!))
  const known = new Map<string, readonly number[]>()
  return (next) => {
    let key = ''
    for (const place of next) if (!key.includes(marks[place]!)) key += marks[place]!
    let bytes = known.get(key)
    if (bytes === undefined) {
      bytes = firstOfEach(Array.from(key, (mark) => sets[mark.charCodeAt(0)]!))
      known.set(key, bytes)
    }
    return bytes
  }
}

/** The first byte of each group that the same of these sets have. */
function firstOfEach(sets: readonly ByteSet[]): number[] {
  const [only] = sets
  // Most places stand alone.
  if (only !== undefined && sets.length === 1) {
    const byte = edgesOf(only)
      .map(byteAt)
      .find((one) => only[one] === 1)
    return byte === undefined ? [] : [byte]
  }
  const seen = new Set<string>()
  const edges = [...new Set(sets.flatMap(edgesOf))].sort((a, b) => a - b)
  return edges.map(byteAt).filter((byte) => {
    const group = sets.map((set) => set[byte]).join('')
    if (!group.includes('1') || seen.has(group)) return false
    seen.add(group)
    return true
  })
}

/** Bytes are gone through from the first printable one on: it is to stand for those that are taken alike. */
function byteAt(index: number): number {
  return (index + 0x20) & 0xff
}

/** Sets are shared by many expressions. */
const knownEdges = new WeakMap<ByteSet, readonly number[]>()

/** The indexes of bytes that are in the set while those before them are not, or the other way round. */
function edgesOf(set: ByteSet): readonly number[] {
  let edges = knownEdges.get(set)
  if (edges === undefined) {
    const found = [0]
    for (let index = 1; index < 256; index++) {
      if (set[byteAt(index)] !== set[byteAt(index - 1)]) found.push(index)
    }
    edges = found
    knownEdges.set(set, edges)
  }
  return edges
}
