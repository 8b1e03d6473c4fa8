/** A seeded source of numbers: the same seed gives the same sequence on every machine and Node version. */
export interface Random {
  /** A number in [0, 1). */
  next(): number
  /** An integer in [0, limit). */
  below(limit: number): number
  /** One element of a list that is not empty. */
  pick<T>(list: readonly T[]): T
  /** True with the given probability. */
  chance(probability: number): boolean
}

/** sfc32 (Chris Doty-Humphrey's small fast counting generator), 128 bits of state in four 32-bit words. */
export function createRandom(seed: number): Random {
  let a = seed | 0
  let b = Math.floor(seed / 2 ** 32) | 0
  let c = 0x9e3779b9 | 0
  let counter = 1

  function nextWord(): number {
    const word = (((a + b) | 0) + counter) | 0
    counter = (counter + 1) | 0
    a = b ^ (b >>> 9)
    b = (c + (c << 3)) | 0
    c = (((c << 21) | (c >>> 11)) + word) | 0
    return word >>> 0
  }

  // Neighbouring seeds start in neighbouring states; the first outputs are thrown away until they differ.
  for (let round = 0; round < 16; round++) nextWord()

  const next = () => nextWord() / 2 ** 32
  return {
    next,
    below: (limit) => Math.floor(next() * limit),
    pick: (list) => list[Math.floor(next() * list.length)]!,
    chance: (probability) => next() < probability,
  }
}
