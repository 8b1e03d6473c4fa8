import { expect, test } from 'vitest'
import { firstKeptDay } from './retention-decision.js'

test('a day is kept until all of its rows are older than the type keeps them', () => {
  const at = (now: string) => firstKeptDay({ days: 30 }, Date.parse(now))
  expect(at('2024-02-13T23:59:59.999Z')).toBe('2024-01-14')
  expect(at('2024-02-14T00:00:00.000Z')).toBe('2024-01-15')
  expect(at('2024-02-14T23:59:59.999Z')).toBe('2024-01-15')
  expect(firstKeptDay({ days: 1 }, Date.parse('2024-03-01T12:00:00Z'))).toBe('2024-02-29')
})
