import { isUtf8 as platformIsUtf8 } from 'node:buffer'
import { describe, expect, it } from 'vitest'
import { checkText, isUtf8 } from './utf8.js'

describe('isUtf8', () => {
  it('agrees with the platform on all lead and second bytes, and on the later ones that matter', () => {
    const bytes = Buffer.alloc(4)
    const interesting = [
      0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xdf, 0xe0, 0xed, 0xf0, 0xf4, 0xff,
    ]
    for (let lead = 0x7f; lead < 256; lead++) {
      for (let second = 0; second < 256; second++) {
        for (const third of interesting) {
          for (const fourth of lead >= 0xf0 && lead <= 0xf5 ? interesting : [0x41]) {
            bytes.set([lead, second, third, fourth])
            for (let length = 1; length <= 4; length++) {
              const expected = platformIsUtf8(bytes.subarray(0, length))
              if (isUtf8(bytes, 0, length) !== expected) throw new Error(bytes.toString('hex', 0, length))
            }
          }
        }
      }
    }
  })
})

describe('checkText', () => {
  it('tells NUL bytes from invalid UTF-8, NUL first', () => {
    const check = (hex: string) => checkText(Buffer.from(hex, 'hex'), 0, hex.length / 2)?.reason
    expect(check('6162')).toBeUndefined()
    expect(check('c3a4')).toBeUndefined()
    expect(check('610062')).toBe('nul_byte')
    expect(check('ff00')).toBe('nul_byte')
    expect(check('eda080')).toBe('invalid_utf8')
    expect(check('c3')).toBe('invalid_utf8')
  })

  it('looks at the given range only', () => {
    expect(checkText(Buffer.from('00c3a400', 'hex'), 1, 3)).toBeUndefined()
  })
})
