import { HASH_PRIME, HASH_SEED, hashKey, KeyTable } from '../bytes/key-table.js'
import { invalidUtf8, nulByte } from '../bytes/utf8.js'
import type { ExtraFields } from '../line/extra.js'
import type { FieldSlots } from '../line/field-slots.js'
import type { Fields } from '../line/fields.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import { SCRATCH } from '../line/scratch.js'
import { appendWithoutMarks } from './escape-marks.js'
import { appendUnescaped, hexAt, isHighSurrogate, isLowSurrogate } from './json-string.js'
import type { LineFormat } from './line-format.js'
import { parseTemplate } from './template.js'
import { TemplateMatcher } from './template-matcher.js'

export interface QuotedPairMarks {
  /** One ASCII character each. */
  readonly separator: string
  readonly assign: string
  readonly quote?: string | undefined
  readonly escape?: string | undefined
  /** Runs of spaces and separators count as one separator. */
  readonly spaces?: boolean | undefined
  /** A key alone has the value true. */
  readonly bare?: boolean | undefined
  /** A key that comes again: the line is refused, or the further values are undeclared fields `key_2`, `key_3`. */
  readonly repeated?: 'refuse' | 'keep' | undefined
}

/** As often a key may come, where it may: each further value tries all the names before its own. */
const MAX_REPEATS = 9

const SPACE = 0x20
const ZERO = 0x30
const UNDERSCORE = 0x5f
const LOWER_U = 0x75
const TRUE = Buffer.from('true')
const badQuotes = createRefusal('no_match', 'expected a quoted value to end with its quote')

/**
 * Pairs of keys and values that may be quoted, with the options that the plain form (key-value.ts) does not have, so
 * that it need not ask for them.
 */
export class QuotedPairsFormat implements LineFormat {
  private readonly head: TemplateMatcher
  private readonly separator: number
  private readonly assign: number
  /** -1: there is none. */
  private readonly quote: number
  private readonly escapeMark: number
  private readonly spaces: boolean
  private readonly bare: boolean
  private readonly keepsRepeated: boolean
  private readonly keys: KeyTable
  private readonly duplicates: readonly Refusal[]
  private readonly noPair: Refusal

  /** `escapes`: after the escape character comes a character that is meant itself, or an escape of JSON. */
  constructor(
    head: string,
    marks: QuotedPairMarks,
    slots: FieldSlots,
    private readonly escapes: 'literal' | 'json' = 'literal',
  ) {
    this.head = new TemplateMatcher(parseTemplate(head), (name) => slots.of(name))
    this.separator = marks.separator.charCodeAt(0)
    this.assign = marks.assign.charCodeAt(0)
    this.quote = marks.quote === undefined ? -1 : marks.quote.charCodeAt(0)
    this.escapeMark = marks.escape === undefined ? -1 : marks.escape.charCodeAt(0)
    this.spaces = marks.spaces ?? false
    this.bare = marks.bare ?? false
    this.keepsRepeated = marks.repeated === 'keep'
    this.keys = new KeyTable(slots.names)
    this.duplicates = slots.names.map((name) => createRefusal('duplicate_field', `${name}: expected once`))
    this.noPair = createRefusal(
      'no_match',
      `expected key${marks.assign}value pairs, separated by ${JSON.stringify(marks.separator)}`,
    )
  }

  split(bytes: Buffer, start: number, end: number, fields: Fields): Refusal | undefined {
    const { separator, assign, quote, escapeMark, spaces } = this
    const { spans, extra, scratch } = fields
    let at = this.head.match(bytes, start, end, spans)
    if (at < 0) return this.head.refusal(at)
    for (let isFirst = true; ; isFirst = false) {
      if (spaces) {
        while (at < end && (bytes[at] === separator || bytes[at] === SPACE)) at++
        if (at === end && !isFirst) return undefined
      }
      const keyStart = at
      let hash = HASH_SEED
      for (; at < end; at++) {
        const byte = bytes[at]!
        if (byte === assign || byte === separator || byte === quote) break
        hash = Math.imul(hash ^ byte, HASH_PRIME)
      }
      const keyEnd = at
      if (keyEnd === keyStart) return this.noPair
      let value = bytes
      let from = at
      let to = at
      if (at === end || bytes[at] === separator) {
        if (!this.bare) return this.noPair
        value = TRUE
        from = 0
        to = TRUE.length
      } else if (bytes[at] !== assign) return this.noPair
      else {
        at++
        from = at
        let isEscaped = false
        const isQuoted = at < end && bytes[at] === quote
        const closer = isQuoted ? quote : separator
        if (isQuoted) from = ++at
        const hasEscapes = isQuoted || this.escapes === 'literal'
        for (; at < end && bytes[at] !== closer; at++) {
          if (bytes[at] === escapeMark && hasEscapes) {
            isEscaped = true
            at++
          }
        }
        // An escape character at the very end escapes nothing.
        if (at > end) at = end
        to = at
        if (isQuoted) {
          if (at === end) return badQuotes
          at++
          if (at < end && bytes[at] !== separator && !(spaces && bytes[at] === SPACE)) return badQuotes
        }
        if (isEscaped) {
          const refusal = this.escapes === 'json' ? this.checkEscapes(bytes, from, to) : undefined
          if (refusal !== undefined) return refusal
          const decoded = scratch.position
          if (this.escapes === 'json') appendUnescaped(scratch, bytes, from, to)
          else appendWithoutMarks(scratch, bytes, from, to, escapeMark)
          value = scratch.buffer
          from = decoded
          to = scratch.position
        }
      }
      const slot = this.keys.find(bytes, keyStart, keyEnd, hash)
      if (slot < 0 || fields.isSet(slot)) {
        let refusal =
          slot < 0 ? extra.addText(bytes, keyStart, keyEnd, hash, value, from, to) : this.duplicates[slot]
        if (refusal?.reason === 'duplicate_field' && this.keepsRepeated)
          refusal = addRepeated(extra, bytes, keyStart, keyEnd, value, from, to)
        if (refusal !== undefined) return refusal
      } else if (value === bytes) fields.set(slot, from, to)
      else {
        if (value === TRUE) {
          from = scratch.position
          scratch.appendBytes(TRUE, 0, TRUE.length)
          to = scratch.position
        }
        fields.set(slot, SCRATCH + from, SCRATCH + to)
      }
      if (at >= end) return undefined
      at++
    }
  }

  /** What PostgreSQL does not store. Escapes that JSON does not know stand for themselves. */
  private checkEscapes(bytes: Buffer, start: number, end: number): Refusal | undefined {
    for (let at = start; at < end; at++) {
      if (bytes[at] !== this.escapeMark) continue
      at++
      const code = bytes[at] === LOWER_U ? hexAt(bytes, at + 1, end) : -1
      if (code === 0) return nulByte
      if (isLowSurrogate(code)) return invalidUtf8
      if (!isHighSurrogate(code)) continue
      at += 5
      const isPair = at + 2 < end && bytes[at] === this.escapeMark && bytes[at + 1] === LOWER_U
      if (!isPair || !isLowSurrogate(hexAt(bytes, at + 2, end))) return invalidUtf8
      at += 5
    }
    return undefined
  }
}

/** Adds a further value of a key under the first free name of `key_2` to `key_9`. */
function addRepeated(
  extra: ExtraFields,
  bytes: Buffer,
  keyStart: number,
  keyEnd: number,
  value: Buffer,
  from: number,
  to: number,
): Refusal | undefined {
  const length = keyEnd - keyStart
  const key = Buffer.allocUnsafe(length + 2)
  bytes.copy(key, 0, keyStart, keyEnd)
  key[length] = UNDERSCORE
  let refusal: Refusal | undefined
  for (let count = 2; count <= MAX_REPEATS; count++) {
    key[length + 1] = ZERO + count
    refusal = extra.addText(key, 0, key.length, hashKey(key, 0, key.length), value, from, to)
    if (refusal?.reason !== 'duplicate_field') break
  }
  return refusal
}
