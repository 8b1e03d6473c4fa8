import { expect, it } from 'vitest'
import { Literal } from './literal.js'

it('is found where all of it is, at any place, and nowhere else', () => {
  const text = 'abcdefghijklmnopqrstuvwxyz'
  for (let length = 0; length <= text.length; length++) {
    const literal = new Literal(text.slice(0, length))
    expect(literal.length).toBe(length)
    for (let at = 0; at < 5; at++) {
      const bytes = Buffer.concat([
        Buffer.alloc(at, 'x'),
        Buffer.from(text.slice(0, length)),
        Buffer.alloc(9, 'y'),
      ])
      const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length)
      expect(literal.isAt(view, at)).toBe(true)
      for (let change = at; change < at + length; change++) {
        bytes[change]! ^= 0x80
        expect(literal.isAt(view, at)).toBe(false)
        bytes[change]! ^= 0x80
      }
    }
  }
})
