import { escapeWhole } from '../../errors/safe-text.js'

/** A line for a terminal, whole. Bytes that are not UTF-8 show as \xNN, so that nothing hides behind replacement characters. */
export function escapeLine(raw: Buffer): string {
  const text = raw.toString('utf8')
  return text.includes('\ufffd') ? escapeBytes(raw) : escapeWhole(text)
}

function escapeBytes(bytes: Buffer): string {
  let text = ''
  for (const byte of bytes) {
    text +=
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return text
}

const bytesPerRow = 16

/** Offsets, hexadecimal digits and printable characters, 16 bytes a row. */
export function hexdump(bytes: Buffer): string {
  const rows: string[] = []
  for (let at = 0; at < bytes.length; at += bytesPerRow) {
    const row = bytes.subarray(at, at + bytesPerRow)
    const digits = [...row].map((byte) => byte.toString(16).padStart(2, '0')).join(' ')
    const characters = row.toString('latin1').replace(/[^\x20-\x7e]/g, '.')
    rows.push(`${at.toString(16).padStart(8, '0')}  ${digits.padEnd(3 * bytesPerRow - 1)}  ${characters}`)
  }
  return rows.join('\n')
}
