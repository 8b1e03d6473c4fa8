import { parseTemplate } from '../formats/template.js'

/** Beside the 256 bytes, the number that stands for a text without any. */
export const NO_BYTE = 256

/**
 * The bytes that a text may begin with of which the template fits; NO_BYTE among them where an empty text fits.
 * Undefined template: any text. More than that may be said to fit, never less.
 */
export function firstBytesOf(template: string | undefined): readonly number[] {
  const all = Array.from({ length: NO_BYTE }, (_, byte) => byte)
  if (template === undefined) return [...all, NO_BYTE]
  const [first] = parseTemplate(template)
  if (first?.kind === 'literal') return [first.text.charCodeAt(0)]
  return first?.name === 'key'
    ? all.filter((byte) => /[A-Za-z0-9_.-]/.test(String.fromCharCode(byte)))
    : all.filter((byte) => byte !== 0x20)
}
