import { describe, expect, it } from 'vitest'
import { hoursToCompact } from './rollup-decision.js'

const none = new Map<string, number>()

describe('hours to compact', () => {
  it('are those to which nothing came since the last look', () => {
    const seen = [
      { hour: 'quiet', parts: 3 },
      { hour: 'growing', parts: 3 },
      { hour: 'new', parts: 2 },
    ]
    const before = new Map([
      ['quiet', 3],
      ['growing', 2],
    ])
    expect(hoursToCompact(seen, before)).toEqual([['quiet']])
  })

  it('are those in many parts, whatever comes', () => {
    expect(hoursToCompact([{ hour: 'busy', parts: 64 }], none)).toEqual([['busy']])
    expect(hoursToCompact([{ hour: 'busy', parts: 63 }], none)).toEqual([])
  })

  it('go into transactions of a day and 256 parts at most', () => {
    const quiet = Array.from({ length: 50 }, (_, n) => ({ hour: String(n), parts: 2 }))
    const before = new Map(quiet.map(({ hour, parts }) => [hour, parts]))
    expect(hoursToCompact(quiet, before).map((hours) => hours.length)).toEqual([24, 24, 2])
    const busy = [100, 156, 64, 1000, 64].map((parts, n) => ({ hour: String(n), parts }))
    expect(hoursToCompact(busy, none)).toEqual([['0', '1'], ['2'], ['3'], ['4']])
  })
})
