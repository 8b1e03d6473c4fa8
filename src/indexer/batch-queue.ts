/** What waits to be committed: by type, first in first out. */
export class BatchQueue<T extends { readonly logType: string; readonly bytes: number }> {
  private readonly byType = new Map<string, T[]>()
  private queuedBytes = 0
  private readonly waiting: Array<() => void> = []

  get bytes(): number {
    return this.queuedBytes
  }

  push(item: T): void {
    const queue = this.byType.get(item.logType)
    if (queue === undefined) this.byType.set(item.logType, [item])
    else queue.push(item)
    this.queuedBytes += item.bytes
    this.notify()
  }

  /**
   * Takes items of one type, that with the most bytes waiting: as many as the limits allow, at least one. While
   * little arrives that is a batch at once, under load it is many for one COMMIT.
   */
  take(maxItems: number, maxBytes: number): T[] {
    let fullest: T[] = []
    let fullestBytes = -1
    for (const queue of this.byType.values()) {
      const bytes = queue.reduce((sum, item) => sum + item.bytes, 0)
      if (queue.length > 0 && bytes > fullestBytes) {
        fullest = queue
        fullestBytes = bytes
      }
    }
    let count = 0
    let bytes = 0
    while (count < fullest.length && count < maxItems) {
      bytes += fullest[count]!.bytes
      if (count > 0 && bytes > maxBytes) break
      count++
    }
    const taken = fullest.splice(0, count)
    this.queuedBytes -= taken.reduce((sum, item) => sum + item.bytes, 0)
    // Only if something changed: two takers of an empty queue would wake each other for ever.
    if (count > 0) this.notify()
    return taken
  }

  /** Resolves at the next push, at the next take that took something, or at wake. */
  changed(): Promise<void> {
    return new Promise((resolve) => this.waiting.push(resolve))
  }

  wake(): void {
    this.notify()
  }

  private notify(): void {
    for (const resolve of this.waiting.splice(0)) resolve()
  }
}
