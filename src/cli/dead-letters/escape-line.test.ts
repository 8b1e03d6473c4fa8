import { expect, it } from 'vitest'
import { escapeLine } from './escape-line.js'

it('shows every byte of a line, however long it is, and nothing that a terminal obeys', () => {
  const long = 'x'.repeat(65_536)
  expect(escapeLine(Buffer.from(`\x1b[2J${long}\u202e`))).toBe(`\\x1b[2J${long}\\u202e`)
  expect(escapeLine(Buffer.from(`\xff${long}`, 'latin1'))).toBe(`\\xff${long}`)
})
