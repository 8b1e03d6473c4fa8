import { describe, expect, it } from 'vitest'
import { dueDays, firstKeptDay } from './retention-decision.js'

const days = ['2024-01-14', '2024-01-15', '2024-01-16', '2024-03-01']

describe('dueDays', () => {
  it('names days only when all of their rows are older than the type keeps them', () => {
    const at = (now: string) => dueDays(days, { days: 30 }, Date.parse(now))
    expect(at('2024-02-13T23:59:59.999Z')).toEqual([])
    expect(at('2024-02-14T00:00:00.000Z')).toEqual(['2024-01-14'])
    expect(at('2024-02-15T12:00:00Z')).toEqual(['2024-01-14', '2024-01-15'])
  })

  it('leaves alone what was restored, and what is in the future', () => {
    const nowMs = Date.parse('2024-02-20T00:00:00Z')
    expect(dueDays(days, { days: 30 }, nowMs, new Set(['2024-01-15']))).toEqual(['2024-01-14', '2024-01-16'])
    expect(dueDays(['9999-12-31'], { days: 1 }, nowMs)).toEqual([])
  })

  it('agrees with the first day that is kept', () => {
    for (const now of ['2024-02-14T00:00:00.000Z', '2024-02-14T23:59:59.999Z', '2024-03-01T12:00:00Z']) {
      const nowMs = Date.parse(now)
      const first = firstKeptDay({ days: 30 }, nowMs)
      expect(dueDays(days, { days: 30 }, nowMs)).toEqual(days.filter((day) => day < first))
    }
  })
})
