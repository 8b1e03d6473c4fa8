import { describe, expect, it } from 'vitest'
import { quoteIdentifier, quoteLiteral } from './identifiers.js'

describe('quoteIdentifier', () => {
  it('quotes, and doubles quotes inside', () => {
    expect(quoteIdentifier('timestamp')).toBe('"timestamp"')
    expect(quoteIdentifier('a"; DROP TABLE b; --')).toBe('"a""; DROP TABLE b; --"')
  })

  it('refuses what PostgreSQL cannot hold or would cut', () => {
    expect(quoteIdentifier('x'.repeat(63))).toHaveLength(65)
    for (const name of ['', 'x'.repeat(64), 'ä'.repeat(32), 'a\0b']) {
      expect(() => quoteIdentifier(name)).toThrow(RangeError)
    }
  })
})

describe('quoteLiteral', () => {
  it('quotes, and doubles quotes and backslashes inside', () => {
    expect(quoteLiteral('plain')).toBe("'plain'")
    expect(quoteLiteral("it's")).toBe("'it''s'")
    expect(quoteLiteral("a\\' b")).toBe("E'a\\\\'' b'")
  })

  it('refuses NUL', () => {
    expect(() => quoteLiteral('\0')).toThrow(RangeError)
  })
})
