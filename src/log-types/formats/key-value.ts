import { HASH_PRIME, HASH_SEED, KeyTable } from '../bytes/key-table.js'
import type { FieldSlots } from '../line/field-slots.js'
import { ABSENT, type Fields } from '../line/fields.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import type { LineFormat } from './line-format.js'
import { parseTemplate } from './template.js'
import { TemplateMatcher } from './template-matcher.js'

export interface PairMarks {
  /** One ASCII character each. */
  readonly separator: string
  readonly assign: string
}

/**
 * Lines of `key=value` pairs after a head. Keys may come in any order, since columns are found by name, but the
 * declared order is tried first: one comparison for each field of a usual line.
 */
export class KeyValueFormat implements LineFormat {
  private readonly head: TemplateMatcher
  private readonly separator: number
  private readonly assign: number
  private readonly keys: KeyTable
  private readonly duplicates: readonly Refusal[]
  private readonly noPair: Refusal
  /** Keys in declared order, each with its assign character: | bytes … |, and slot, start, length of each. */
  private readonly expectedBytes: Uint8Array
  private readonly expected: Int32Array

  constructor(head: string, marks: PairMarks, slots: FieldSlots) {
    const parts = parseTemplate(head)
    const inHead = new Set(parts.map((part) => (part.kind === 'placeholder' ? part.name : undefined)))
    this.head = new TemplateMatcher(parts, (name) => slots.of(name))
    this.separator = marks.separator.charCodeAt(0)
    this.assign = marks.assign.charCodeAt(0)
    // Fields of the head are in the table too: naming one of them in a pair is naming it twice.
    this.keys = new KeyTable(slots.names)
    this.duplicates = slots.names.map((name) => createRefusal('duplicate_field', `${name}: expected once`))
    this.noPair = createRefusal(
      'no_match',
      `expected key${marks.assign}value pairs, separated by ${JSON.stringify(marks.separator)}`,
    )
    const expected: number[] = []
    let expectedText = ''
    for (const name of slots.names) {
      if (inHead.has(name)) continue
      const text = name + marks.assign
      expected.push(slots.of(name), expectedText.length, text.length)
      expectedText += text
    }
    this.expectedBytes = Buffer.from(expectedText, 'latin1')
    this.expected = Int32Array.from(expected)
  }

  split(bytes: Buffer, start: number, end: number, fields: Fields): Refusal | undefined {
    const { separator, assign, expected, expectedBytes } = this
    const { spans, extra } = fields
    let at = this.head.match(bytes, start, end, spans)
    if (at < 0) return this.head.refusal(at)
    let next = 0
    for (;;) {
      const keyStart = at
      let keyEnd = at
      let slot = -1
      let hash = 0
      if (next < expected.length) {
        const keyBytes = expected[next + 1]!
        const length = expected[next + 2]!
        let k = 0
        if (at + length <= end) while (k < length && bytes[at + k] === expectedBytes[keyBytes + k]) k++
        if (k === length) {
          slot = expected[next]!
          at += length
          next += 3
        }
      }
      if (slot < 0) {
        hash = HASH_SEED
        for (; keyEnd < end; keyEnd++) {
          const byte = bytes[keyEnd]!
          if (byte === assign || byte === separator) break
          hash = Math.imul(hash ^ byte, HASH_PRIME)
        }
        if (keyEnd === end || bytes[keyEnd] !== assign || keyEnd === keyStart) return this.noPair
        slot = this.keys.find(bytes, keyStart, keyEnd, hash)
        at = keyEnd + 1
        if (slot >= 0) next = this.afterSlot(slot)
      }
      const valueStart = at
      while (at < end && bytes[at] !== separator) at++
      if (slot < 0) {
        const refusal = extra.addText(bytes, keyStart, keyEnd, hash, bytes, valueStart, at)
        if (refusal !== undefined) return refusal
      } else {
        if (spans[2 * slot] !== ABSENT) return this.duplicates[slot]
        spans[2 * slot] = valueStart
        spans[2 * slot + 1] = at
      }
      if (at === end) return undefined
      at++
    }
  }

  /** Index into `expected` of the key after the one of `slot`. */
  private afterSlot(slot: number): number {
    for (let i = 0; i < this.expected.length; i += 3) if (this.expected[i] === slot) return i + 3
    return 0
  }
}
