import type { CopyWriter } from '../postgres/copy-writer.js'
import { layoutOf } from './dissect.js'
import { ExtraFields } from './extra.js'
import { HASH_PRIME, HASH_SEED, KeyTable } from './key-table.js'
import type { LineFormat } from './line-format.js'
import type { Column, LineLayout } from './log-type.js'
import { createRefusal, type Refusal } from './refusal.js'
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
  readonly layout: LineLayout
  private readonly head: TemplateMatcher
  private readonly separator: number
  private readonly assign: number
  private readonly keys: KeyTable
  private readonly extra = new ExtraFields()
  private readonly duplicates: readonly Refusal[]
  private readonly noPair: Refusal
  /** Keys in declared order, each with its assign character: | bytes … |, and slot, start, length of each. */
  private readonly expectedBytes: Uint8Array
  private readonly expected: Int32Array

  constructor(head: string, marks: PairMarks, columns: readonly Column[]) {
    const parts = parseTemplate(head)
    const inHead = new Set(parts.map((part) => (part.kind === 'placeholder' ? part.name : undefined)))
    const paired = columns.filter((column) => !inHead.has(column.field))
    this.head = new TemplateMatcher(parts, (name) => columns.findIndex((column) => column.field === name))
    this.separator = marks.separator.charCodeAt(0)
    this.assign = marks.assign.charCodeAt(0)
    // Fields of the head are in the table too: naming one of them in a pair is naming it twice.
    this.keys = new KeyTable(columns.map((column) => column.field))
    this.duplicates = columns.map((column) =>
      createRefusal('duplicate_field', `${column.name}: expected once`),
    )
    this.noPair = createRefusal(
      'no_match',
      `expected key${marks.assign}value pairs, separated by ${JSON.stringify(marks.separator)}`,
    )
    const expected: number[] = []
    let expectedText = ''
    for (const column of paired) {
      const text = column.field + marks.assign
      expected.push(columns.indexOf(column), expectedText.length, text.length)
      expectedText += text
    }
    this.expectedBytes = Buffer.from(expectedText, 'latin1')
    this.expected = Int32Array.from(expected)
    this.layout = {
      parts: layoutOf(parts, columns),
      pairs: { ...marks, fields: paired.map((column) => ({ key: column.field, column: column.name })) },
    }
  }

  split(bytes: Buffer, start: number, end: number, fields: Int32Array): Refusal | undefined {
    const { separator, assign, expected, expectedBytes } = this
    for (let i = 0; i < fields.length; i += 2) fields[i] = -1
    this.extra.clear()
    let at = this.head.match(bytes, start, end, fields)
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
        const refusal = this.extra.add(bytes, keyStart, keyEnd, valueStart, at, hash)
        if (refusal !== undefined) return refusal
      } else {
        if (fields[2 * slot] !== -1) return this.duplicates[slot]
        fields[2 * slot] = valueStart
        fields[2 * slot + 1] = at
      }
      if (at === end) return undefined
      at++
    }
  }

  writeExtra(bytes: Buffer, writer: CopyWriter): Refusal | undefined {
    return this.extra.write(bytes, writer)
  }

  /** Index into `expected` of the key after the one of `slot`. */
  private afterSlot(slot: number): number {
    for (let i = 0; i < this.expected.length; i += 3) if (this.expected[i] === slot) return i + 3
    return 0
  }
}
