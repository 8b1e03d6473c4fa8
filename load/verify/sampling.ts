/**
 * Chooses `wanted` of `total` items, evenly spread; called once per item, in order.
 * Even spacing rather than a random draw: every part of every file gets its share.
 */
export function createSampler(total: number, wanted: number): () => boolean {
  const size = Math.min(total, wanted)
  let seen = 0
  return () => {
    const before = Math.floor((seen * size) / total)
    seen++
    return Math.floor((seen * size) / total) > before
  }
}
