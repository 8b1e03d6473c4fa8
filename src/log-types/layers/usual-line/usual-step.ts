import type { Literal } from '../../bytes/literal.js'
import { type EncodedColumn, INET, INTEGER, TIMESTAMP } from '../../columns/encoded-column.js'
import { TimestampScan } from './scan-timestamp.js'

/** For each kind of column but text, the bytes that a scan takes. */
const alphabets: ReadonlyMap<number, RegExp> = new Map([
  [INTEGER, /[0-9]/],
  [INET, /[0-9a-fA-F:.]/],
  [TIMESTAMP, /[0-9TZ:.-]/],
])

/** One column's place in the usual line. */
export class UsualStep {
  readonly kind: number
  /** A scan stops at what cannot be in the value. That is no end where the literal begins with what can be in it. */
  readonly canScan: boolean
  readonly mayEndLine: boolean
  /** The byte by which the literal `after` is searched, four times, and its place in the literal. */
  readonly pivots: number
  readonly pivotOffset: number
  readonly timestamps = new TimestampScan()

  constructor(
    readonly column: EncodedColumn,
    /** Key and assign character of a pair; undefined for a placeholder. */
    readonly key: Literal | undefined,
    /** Ends the value: the separator of pairs, or what follows the placeholder; empty where the line ends there. */
    readonly after: Literal,
    /** The last occurrence of `after` ends the value. */
    readonly toLast: boolean,
  ) {
    this.kind = column.kind
    const alphabet = alphabets.get(column.kind)
    this.canScan = alphabet === undefined || !(toLast || alphabet.test(after.text.charAt(0)))
    this.mayEndLine = key !== undefined || after.length === 0
    this.pivotOffset = rareByte(after.text)
    this.pivots = Math.imul(after.text.charCodeAt(this.pivotOffset) || 0, 0x01_01_01_01)
  }

  /** Whether a value may stop there: at the end of the line, or where the literal after it begins. */
  endsAt(view: DataView, stop: number, end: number): boolean {
    if (stop === end) return this.mayEndLine
    const { after } = this
    return after.length > 0 && stop + after.length <= end && after.isAt(view, stop)
  }

  /** Where the value that begins at `start` ends, or -1. Slow; finds what a scan did not. */
  findEnd(view: DataView, start: number, end: number): number {
    if (this.toLast) return -1
    for (let stop = start; stop <= end; stop++) {
      // A placeholder is never empty.
      if (this.endsAt(view, stop, end)) return stop === start && this.key === undefined ? -1 : stop
    }
    return -1
  }
}

/** The place of a byte that text rarely has, among the first four of a literal. */
function rareByte(text: string): number {
  const head = text.slice(0, 4)
  const mark = head.search(/[^ a-z0-9]/)
  return Math.max(0, mark >= 0 ? mark : head.search(/[^ ]/))
}
