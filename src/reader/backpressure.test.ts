import { describe, expect, it } from 'vitest'
import { decidePressure } from './backpressure.js'

const limits = { maxStreamBytes: 1000, maxStreamEntries: 100, maxRedisMemoryPercent: 60 }
const calm = { entries: 0, bytes: 0, redisMemoryPercent: undefined }

describe('decidePressure', () => {
  it('goes on below every limit, and without a memory limit', () => {
    expect(decidePressure(calm, limits, undefined)).toBeUndefined()
    expect(
      decidePressure({ entries: 99, bytes: 999, redisMemoryPercent: 59 }, limits, undefined),
    ).toBeUndefined()
  })

  it.each([
    ['entries', { ...calm, entries: 100 }],
    ['bytes', { ...calm, bytes: 1000 }],
    ['redis_memory', { ...calm, redisMemoryPercent: 60 }],
  ] as const)('pauses at the limit of %s', (cause, pressure) => {
    expect(decidePressure(pressure, limits, undefined)).toBe(cause)
  })

  it('resumes only well below the limit', () => {
    expect(decidePressure({ ...calm, bytes: 800 }, limits, 'bytes')).toBe('bytes')
    expect(decidePressure({ ...calm, bytes: 749 }, limits, 'bytes')).toBeUndefined()
  })
})
