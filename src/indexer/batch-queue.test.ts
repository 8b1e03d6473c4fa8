import { describe, expect, it } from 'vitest'
import { BatchQueue } from './batch-queue.js'

function queueOf(
  ...items: Array<[logType: string, bytes: number]>
): BatchQueue<{ logType: string; bytes: number }> {
  const queue = new BatchQueue<{ logType: string; bytes: number }>()
  for (const [logType, bytes] of items) queue.push({ logType, bytes })
  return queue
}

describe('BatchQueue', () => {
  it('takes one type at a time, the fullest first, in order', () => {
    const queue = queueOf(['dns', 5], ['firewall', 4], ['firewall', 3], ['auth', 6])
    expect(queue.take(10, 100)).toEqual([
      { logType: 'firewall', bytes: 4 },
      { logType: 'firewall', bytes: 3 },
    ])
    expect(queue.take(10, 100)).toEqual([{ logType: 'auth', bytes: 6 }])
    expect(queue.bytes).toBe(5)
  })

  it('respects both limits, but takes at least one', () => {
    const queue = queueOf(['dns', 50], ['dns', 50], ['dns', 50])
    expect(queue.take(2, 1000)).toHaveLength(2)
    expect(queue.take(9, 10)).toHaveLength(1)
    expect(queue.take(9, 10)).toEqual([])
  })

  it('does not wake anybody when there was nothing to take', async () => {
    const queue = queueOf()
    let woken = false
    void queue.changed().then(() => {
      woken = true
    })
    queue.take(1, 1)
    await Promise.resolve()
    expect(woken).toBe(false)
  })

  it('wakes who waits for a change', async () => {
    const queue = queueOf()
    const changed = queue.changed()
    queue.push({ logType: 'dns', bytes: 1 })
    await changed
    expect(queue.bytes).toBe(1)
  })
})
