import type { CopyWriter } from '../../postgres/copy-writer.js'
import { TextSet } from '../bytes/text-set.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import type { Scratch } from '../line/scratch.js'
import type { EncodedLine } from '../log-type.js'
import type { ColumnDeclaration } from './column-schema.js'
import { encodeColumn } from './encode-column.js'
import type { EncodedColumn } from './encoded-column.js'
import type { ValueEncoder } from './value-encoder.js'

const POINT = 0x2e
const OPENING = 0x5b
const CLOSING = 0x5d
const SPACE = 0x20

type Normalisation = NonNullable<ColumnDeclaration['normalise']>[number]

/**
 * A column whose values are changed before they are encoded: first `nulls`, then `normalise` in declared order, then
 * `default`, then `map`. Of a value that only gets shorter, its span does; one that changes is put into scratch memory.
 */
export class PreparedValue implements ValueEncoder {
  readonly takesAbsent = true
  private readonly nulls: TextSet | undefined
  private readonly steps: readonly Normalisation[]
  private readonly fallback: Buffer | undefined
  private readonly mapKeys: TextSet | undefined
  private readonly mapValues: readonly Buffer[]
  private readonly unmapped: Refusal | undefined
  /** Where the value in work lies. */
  private bytes: Buffer
  private start = -1
  private end = -1

  constructor(
    column: ColumnDeclaration,
    private readonly bare: EncodedColumn,
    private readonly scratch: Scratch,
  ) {
    const map = Object.entries(column.map ?? {})
    this.nulls = column.nulls && new TextSet(column.nulls)
    this.steps = column.normalise ?? []
    this.fallback = column.default === undefined ? undefined : Buffer.from(column.default)
    this.mapKeys = column.map && new TextSet(map.map(([from]) => from))
    this.mapValues = map.map(([, to]) => Buffer.from(to))
    this.unmapped =
      column.mapOnly === true
        ? createRefusal('bad_value', `${column.name}: expected one of the mapped values`)
        : undefined
    this.bytes = scratch.buffer
  }

  encode(
    bytes: Buffer,
    start: number,
    end: number,
    writer: CopyWriter,
    out: EncodedLine,
  ): Refusal | undefined {
    this.bytes = bytes
    this.start = start
    this.end = end
    if (start >= 0 && this.nulls !== undefined && this.nulls.find(bytes, start, end) >= 0) this.clear()
    for (const step of this.steps) this.normalise(step)
    if (this.start === this.end && this.fallback !== undefined) this.replace(this.fallback)
    const refusal = this.map() ?? encodeColumn(this.bare, this.bytes, this.start, this.end, writer, out)
    // A batch must not be kept for the sake of its last line.
    this.bytes = this.scratch.buffer
    return refusal
  }

  private map(): Refusal | undefined {
    if (this.mapKeys === undefined || this.start === this.end) return undefined
    const found = this.mapKeys.find(this.bytes, this.start, this.end)
    if (found < 0) return this.unmapped
    this.replace(this.mapValues[found]!)
    return undefined
  }

  private clear(): void {
    this.start = -1
    this.end = -1
  }

  private replace(value: Buffer): void {
    this.bytes = value
    this.start = 0
    this.end = value.length
  }

  private normalise(step: Normalisation): void {
    if (this.start === this.end) return
    const { bytes } = this
    switch (step) {
      case 'trim':
        while (this.start < this.end && bytes[this.start]! <= SPACE) this.start++
        while (this.start < this.end && bytes[this.end - 1]! <= SPACE) this.end--
        return
      case 'lower':
        this.changeCase(0x41)
        return
      case 'upper':
        this.changeCase(0x61)
        return
      case 'no-trailing-dot':
        // A dot alone is the root of the DNS.
        if (this.end - this.start > 1 && bytes[this.end - 1] === POINT) this.end--
        return
      case 'unbracket':
        if (this.end - this.start < 2) return
        if (bytes[this.start] !== OPENING || bytes[this.end - 1] !== CLOSING) return
        this.start++
        this.end--
    }
  }

  /** Of the 26 letters from `first` on to the other case; only a value that has one is copied. */
  private changeCase(first: number): void {
    const { scratch, bytes, start, end } = this
    let at = start
    while (at < end && !isLetter(bytes[at]!, first)) at++
    if (at === end) return
    const copy = scratch.position
    scratch.appendBytes(bytes, start, end)
    const target = scratch.buffer
    for (let i = copy + at - start; i < scratch.position; i++) {
      if (isLetter(target[i]!, first)) target[i] = target[i]! ^ 0x20
    }
    this.bytes = target
    this.start = copy
    this.end = scratch.position
  }
}

function isLetter(byte: number, first: number): boolean {
  return byte >= first && byte < first + 26
}
