import { describe, expect, it } from 'vitest'
import { moment } from './moment.js'

describe('a moment', () => {
  it.each([
    ['2024-01-15', '2024-01-15T00:00:00Z'],
    ['2024-01-15T10:23+01:00', '2024-01-15T09:23:00Z'],
    ['2024-01-15T10:23:45.123456Z', '2024-01-15T10:23:45.123Z'],
  ])('is a day, or a time with its zone: %s', (text, same) => {
    expect(new Date(moment(text))).toEqual(new Date(same))
  })

  it.each(['', 'yesterday', '2024', '2024-13-01', '2024-01-15T10:23', '2024-01-15 10:23Z'])(
    'is not %j',
    (text) => {
      expect(() => moment(text)).toThrow('expected ISO 8601')
    },
  )

  it.each([
    '2024-02-30',
    '2023-02-29T00:00Z',
    '0000-01-01',
    '2024-01-15T10:23+16:00',
    '2024-01-15T10:23+01:60',
  ])('is not what PostgreSQL would refuse: %j', (text) => {
    expect(() => moment(text)).toThrow('expected ISO 8601')
  })
})
