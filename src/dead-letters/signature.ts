import { createHash } from 'node:crypto'
import { escapeControls } from '../errors/safe-text.js'
import { refusalReasons } from '../log-types/line/refusal.js'

/** Of a line without a detail so many bytes are looked at: what lines of one cause have in common is in front. */
export const signatureBytes = 120
const maxSignatureLength = 60

/** In this order: what contains digits must be found before the digits are replaced. */
const patterns: readonly (readonly [RegExp, string])[] = [
  // What is not text differs from line to line and tells nothing.
  [/[\p{Cc}\ufffd]+/gu, '<bytes>'],
  [/"[^"]{1,200}"|'[^']{1,200}'/g, '"…"'],
  [/\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d([.,]\d+)?)?(Z|[+-]\d\d:?\d\d)?/g, '<time>'],
  [/\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b/gi, '<uuid>'],
  [/\b(\d{1,3}\.){3}\d{1,3}\b/g, '<ip>'],
  [/(?<![0-9a-z:])(?=[0-9a-f:]*:[0-9a-f]*:)[0-9a-f:]{3,39}(?![0-9a-z:])/gi, '<ip>'],
  [/\b0x[0-9a-f]+\b/gi, '<hex>'],
  // A word of letters alone, such as "facade", is a word.
  [/\b(?=[a-f]*\d)(?=\d*[a-f])[0-9a-f]{8,}\b/gi, '<hex>'],
  [/\d+/g, '<n>'],
]

/** Their details name what a declaration expects and repeat nothing of a line: they are signatures as they are. */
const declaredReasons: ReadonlySet<string> = new Set(refusalReasons)

/**
 * What dead letters of one cause have in common: the detail, or the beginning of the line where there is none, with
 * numbers, addresses, times and quoted values replaced by their kind. One line, safe for a terminal.
 */
export function signatureOf(reason: string, detail: string | null, rawBeginning: Buffer): string {
  let text = detail ?? textOf(rawBeginning)
  if (detail === null || !declaredReasons.has(reason)) {
    for (const [pattern, kind] of patterns) text = text.replace(pattern, kind)
  }
  const safe = escapeControls(text.trim())
  return safe.length > maxSignatureLength ? `${safe.slice(0, maxSignatureLength)}…` : safe
}

function textOf(rawBeginning: Buffer): string {
  const text = rawBeginning.toString('utf8', 0, signatureBytes).trim()
  // The cut may have gone through a character; that is not a byte which the line should not have.
  return rawBeginning.length >= signatureBytes ? text.replace(/\ufffd{1,3}$/, '') : text
}

/** Names a group of dead letters on the command line: 8 hexadecimal digits that follow from what they have in common. */
export function groupIdOf(logType: string, reason: string, signature: string): string {
  return createHash('sha256').update(`${logType}\0${reason}\0${signature}`).digest('hex').slice(0, 8)
}
