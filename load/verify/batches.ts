/** Gathers items and hands them on in batches that are bounded in number and bytes. */
export interface Batcher<T> {
  add(item: T, bytes: number): Promise<void>
  flush(): Promise<void>
  /** How many items were handed on. */
  readonly handed: number
}

export interface BatchLimits {
  readonly items: number
  readonly bytes: number
}

export function createBatcher<T>(
  limits: BatchLimits,
  hand: (items: readonly T[]) => Promise<void>,
): Batcher<T> {
  let items: T[] = []
  let bytes = 0
  let handed = 0
  async function flush(): Promise<void> {
    if (items.length === 0) return
    const batch = items
    items = []
    bytes = 0
    await hand(batch)
    handed += batch.length
  }
  return {
    async add(item, itemBytes) {
      items.push(item)
      bytes += itemBytes
      if (items.length >= limits.items || bytes >= limits.bytes) await flush()
    },
    flush,
    get handed() {
      return handed
    },
  }
}
