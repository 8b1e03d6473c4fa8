/** For each byte, 1 if it is in the set. */
export type ByteSet = Uint8Array

export const anyByte: ByteSet = new Uint8Array(256).fill(1)

const ranges = new Map<number, ByteSet>()

/** One object for a range, so that sets which are equal are mostly the same. */
export function byteRange(from: number, to: number): ByteSet {
  const key = from * 256 + to
  let set = ranges.get(key)
  if (set === undefined) {
    set = new Uint8Array(256).fill(1, from, to + 1)
    ranges.set(key, set)
  }
  return set
}

export function unionOf(sets: readonly ByteSet[]): ByteSet {
  const union = new Uint8Array(256)
  for (const set of sets) for (let byte = 0; byte < 256; byte++) union[byte]! |= set[byte]!
  return union
}

export function complementOf(set: ByteSet): ByteSet {
  return set.map((isIn) => 1 - isIn)
}

const sources = new WeakMap<ByteSet, string>()

/** The set as a part of a JavaScript expression that is run over a text of bytes, each a character. */
export function sourceOf(set: ByteSet): string {
  let source = sources.get(set)
  if (source === undefined) {
    source = writeSource(set)
    sources.set(set, source)
  }
  return source
}

function writeSource(set: ByteSet): string {
  if (set.every((isIn) => isIn === 1)) return '[^]'
  const parts: [number, number][] = []
  for (let byte = 0; byte < 256; byte++) {
    if (set[byte] === 0) continue
    const last = parts.at(-1)
    if (last?.[1] === byte - 1) last[1] = byte
    else parts.push([byte, byte])
  }
  const [first] = parts
  if (parts.length === 1 && first![0] === first![1]) return characterSource(first![0])
  const inside = parts.map(([from, to]) =>
    from === to ? characterSource(from) : `${characterSource(from)}-${characterSource(to)}`,
  )
  return `[${inside.join('')}]`
}

function characterSource(byte: number): string {
  const character = String.fromCharCode(byte)
  return /[A-Za-z0-9 ]/.test(character) ? character : `\\x${byte.toString(16).padStart(2, '0')}`
}
