import { describe, expect, it } from 'vitest'
import { daysInWindow } from './partitions.js'

const dayMs = 86_400_000
const day = (iso: string) => Date.parse(iso) / dayMs
const window = { partitionsFrom: '2000-01-01', partitionsDaysAhead: 7 }
const nowMs = Date.parse('2024-01-15T23:59:59Z')

describe('daysInWindow', () => {
  it('keeps the first day, today and the days ahead', () => {
    const days = [day('2000-01-01'), day('2024-01-15'), day('2024-01-22')]
    expect(daysInWindow(days, window, nowMs)).toEqual(days)
  })

  it('leaves what is older or too far ahead to the default partition', () => {
    expect(
      daysInWindow([day('1999-12-31'), day('2024-01-23'), day('9999-12-31'), -5], window, nowMs),
    ).toEqual([])
  })
})
