import { expect, it } from 'vitest'
import { isCleanText, LineSource } from './line-source.js'

it('finds a NUL or a byte above 127 at every place of a line, and does not look around it', () => {
  for (let length = 0; length < 12; length++) {
    for (const around of [0x00, 0x41, 0x80]) {
      const bytes = Buffer.concat([
        Buffer.alloc(3, around),
        Buffer.alloc(length, 0x7f),
        Buffer.alloc(9, around),
      ])
      const source = new LineSource(bytes, false)
      expect(source.isCleanLine(3, 3 + length)).toBe(true)
      for (let at = 3; at < 3 + length; at++) {
        for (const byte of [0x00, 0x80, 0x81, 0xff, 0x01]) {
          bytes[at] = byte
          expect(source.isCleanLine(3, 3 + length)).toBe(byte === 0x01)
        }
        bytes[at] = 0x01
      }
    }
  }
})

it('takes the word of who has looked at all of it', () => {
  expect(new LineSource(Buffer.from('\0'), true).isCleanLine(0, 1)).toBe(true)
  expect(['a\x7f', 'a\0', 'ä', ''].map((text) => isCleanText(Buffer.from(text)))).toEqual([
    true,
    false,
    false,
    true,
  ])
})
