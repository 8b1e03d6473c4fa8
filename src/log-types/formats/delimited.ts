import { hashKey } from '../bytes/key-table.js'
import type { FieldSlots } from '../line/field-slots.js'
import type { Fields } from '../line/fields.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import { SCRATCH } from '../line/scratch.js'
import { appendWithoutMarks } from './escape-marks.js'
import { isSkipped } from './format-fields.js'
import { type DelimitedFields, HeaderLines } from './header-lines.js'
import type { LineFormat } from './line-format.js'

export interface DelimitedOptions extends DelimitedFields {
  /** One ASCII character. */
  readonly quote?: string | undefined
}

/** Skipped, or to `extra`, in the place of a slot. */
const SKIPPED = -1
const UNDECLARED = -2
/** So many fields beyond the declared ones are named; `extra` takes fewer. */
const MAX_MORE = 256

const tooMany = createRefusal('no_match', 'expected no more fields than are declared')
const badQuotes = createRefusal('no_match', 'expected a quoted field to end with its quote')

/**
 * Lines whose fields stand between delimiters, found by position: CSV (RFC 4180), TSV and their kin. Fields that no
 * column is declared for go to `extra` under their names; those that are beyond the declared ones as `field_17`.
 */
export class DelimitedFormat implements LineFormat {
  private readonly delimiter: number
  /** -1: there are none. */
  private readonly quote: number
  private readonly atLeast: number
  private readonly tooFew: Refusal
  private readonly slots: Int32Array
  private readonly keys: readonly Buffer[]
  private readonly hashes: Int32Array
  private readonly headers: HeaderLines | undefined

  constructor(options: DelimitedOptions, slots: FieldSlots) {
    const { delimiter, quote, fields, header, comment, atLeast, more } = options
    this.delimiter = delimiter.charCodeAt(0)
    this.quote = quote === undefined ? -1 : quote.charCodeAt(0)
    this.atLeast = atLeast ?? fields.length
    const expected = atLeast === undefined ? 'as many fields as are declared' : `at least ${atLeast} fields`
    this.tooFew = createRefusal('no_match', `expected ${expected}`)
    const slotOf = (name: string) => {
      const slot = slots.of(name)
      return slot >= 0 ? slot : isSkipped(name) ? SKIPPED : UNDECLARED
    }
    const names = [...fields]
    if (more === 'keep') for (let k = 1; k <= MAX_MORE; k++) names.push(`field_${fields.length + k}`)
    this.slots = Int32Array.from(names, (name, index) => (index < fields.length ? slotOf(name) : UNDECLARED))
    this.keys = names.map((name) => Buffer.from(name, 'latin1'))
    this.hashes = Int32Array.from(this.keys, (key) => hashKey(key, 0, key.length))
    if (header !== undefined || comment !== undefined) {
      this.headers = new HeaderLines(options)
    }
  }

  split(bytes: Buffer, start: number, end: number, fields: Fields): Refusal | undefined {
    const { delimiter, quote, slots } = this
    const { spans, scratch } = fields
    const header = this.headers?.refusalFor(bytes, start, end)
    if (header !== undefined) return header
    let at = start
    for (let index = 0; ; index++) {
      if (index === slots.length) return tooMany
      let from = at
      let to = at
      let isDecoded = false
      if (at < end && bytes[at] === quote) {
        let doubled = 0
        for (at++; ; at++) {
          while (at < end && bytes[at] !== quote) at++
          if (at >= end) return badQuotes
          if (at + 1 >= end || bytes[at + 1] !== quote) break
          at++
          doubled++
        }
        from++
        to = at++
        if (at < end && bytes[at] !== delimiter) return badQuotes
        if (doubled > 0) {
          const decoded = scratch.position
          // A quote that is doubled escapes itself.
          appendWithoutMarks(scratch, bytes, from, to, quote)
          from = decoded
          to = scratch.position
          isDecoded = true
        }
      } else {
        while (at < end && bytes[at] !== delimiter) at++
        to = at
      }
      const slot = slots[index]!
      if (slot >= 0) {
        const base = isDecoded ? SCRATCH : 0
        spans[2 * slot] = base + from
        spans[2 * slot + 1] = base + to
      } else if (slot === UNDECLARED && to > from) {
        const key = this.keys[index]!
        const source = isDecoded ? scratch.buffer : bytes
        const refusal = fields.extra.addText(key, 0, key.length, this.hashes[index]!, source, from, to)
        if (refusal !== undefined) return refusal
      }
      if (at === end) return index + 1 < this.atLeast ? this.tooFew : undefined
      at++
    }
  }
}
