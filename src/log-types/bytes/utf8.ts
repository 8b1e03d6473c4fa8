import { createRefusal, type Refusal } from '../line/refusal.js'

export const nulByte = createRefusal('nul_byte', 'expected text without NUL bytes')
export const invalidUtf8 = createRefusal('invalid_utf8', 'expected valid UTF-8')

/** What PostgreSQL does not take as text: NUL bytes, and bytes that are not UTF-8. */
export function checkText(bytes: Buffer, start: number, end: number): Refusal | undefined {
  let seen = 0
  for (let i = start; i < end; i++) {
    const byte = bytes[i]!
    if (byte === 0) return nulByte
    seen |= byte
  }
  return seen < 0x80 || isUtf8(bytes, start, end) ? undefined : invalidUtf8
}

/** Table 3-7 of the Unicode standard: no overlong forms, no surrogates, nothing above U+10FFFF. */
export function isUtf8(bytes: Buffer, start: number, end: number): boolean {
  let i = start
  while (i < end) {
    const lead = bytes[i++]!
    if (lead < 0x80) continue
    let following = 0
    // Only the second byte's range depends on the lead byte.
    let low = 0x80
    let high = 0xbf
    if (lead >= 0xc2 && lead <= 0xdf) following = 1
    else if (lead >= 0xe0 && lead <= 0xef) {
      following = 2
      if (lead === 0xe0) low = 0xa0
      else if (lead === 0xed) high = 0x9f
    } else if (lead >= 0xf0 && lead <= 0xf4) {
      following = 3
      if (lead === 0xf0) low = 0x90
      else if (lead === 0xf4) high = 0x8f
    } else return false
    if (i + following > end) return false
    for (; following > 0; following--) {
      const byte = bytes[i++]!
      if (byte < low || byte > high) return false
      low = 0x80
      high = 0xbf
    }
  }
  return true
}
