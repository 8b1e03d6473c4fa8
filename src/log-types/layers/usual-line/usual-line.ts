import type { CopyWriter } from '../../../postgres/copy-writer.js'
import type { Literal } from '../../bytes/literal.js'
import { encodeColumn } from '../../columns/encode-column.js'
import { type EncodedColumn, INET, INTEGER, TEXT } from '../../columns/encoded-column.js'
import type { Declaration } from '../../declaration/declaration.js'
import { type LineSource, SLACK_BYTES } from '../../line/line-source.js'
import type { EncodedLine } from '../../log-type.js'
import { compileSteps } from './compile-steps.js'
import { scanInet } from './scan-inet.js'
import { scanInteger } from './scan-integer.js'
import { scanToByte, scanToLiteral } from './scan-text.js'
import type { UsualStep } from './usual-step.js'

/** The longest field that is no text: an IPv6 address and its length word. */
const MAX_FIELD_BYTES = 24

/**
 * Most lines of a type are alike: the columns stand in declared order, no key is unknown, every value is good. Such a
 * line goes from its bytes to a tuple in one pass. Of every other line nothing is written, and the complete way
 * (LineFormat, then encodeColumn) decides what becomes of it, refusals included; it takes two to three times as long.
 *
 * The end of a value is not looked for before it is read: each scan-*.ts takes what a value of its kind is usually made
 * of, writes the field and returns where it stopped, or -1 with nothing written. What a scan takes, encodeColumn takes
 * too, and writes the same bytes for it.
 *
 * One loop over data serves all types, in place of code generated for each: it gets warm once, with the first type.
 */
export class UsualLine {
  private constructor(
    private readonly leading: Literal,
    private readonly steps: readonly UsualStep[],
    private readonly hasPairs: boolean,
  ) {}

  /** Undefined for a type whose lines cannot be taken in one pass. */
  static compile(declaration: Declaration, columns: readonly EncodedColumn[]): UsualLine | undefined {
    const compiled = compileSteps(declaration, columns)
    if (compiled === undefined) return undefined
    return new UsualLine(compiled.leading, compiled.steps, declaration.format.kind === 'key-value')
  }

  /** Appends the fields of the declared columns and of `extra`; false, with nothing appended, for an unusual line. */
  encode(source: LineSource, start: number, end: number, writer: CopyWriter, out: EncodedLine): boolean {
    const { bytes, view } = source
    const { leading, steps } = this
    if (end + SLACK_BYTES > bytes.length) return false
    // Scans do not make room themselves.
    writer.reserve(steps.length * MAX_FIELD_BYTES + end - start + SLACK_BYTES)
    const began = writer.position
    let at = start + leading.length
    if (at > end || !leading.isAt(view, start)) return false
    let hasEnded = false
    for (let i = 0; i < steps.length; i++) {
      const step = steps[i]!
      const { key, kind } = step
      if (key !== undefined) {
        if (hasEnded || at + key.length > end || !key.isAt(view, at)) {
          if (step.column.required) return giveUp(writer, began)
          writer.writeNull()
          continue
        }
        at += key.length
      }
      let stop = -1
      if (step.canScan) {
        if (kind === TEXT) {
          if (step.after.length > 1 || step.toLast) stop = scanToLiteral(step, view, at, end, writer)
          else stop = scanToByte(step, view, at, end, writer)
        } else if (kind === INTEGER) stop = scanInteger(step.column, bytes, at, end, writer)
        else if (kind === INET) stop = scanInet(bytes, at, end, writer)
        else {
          stop = step.timestamps.scan(source, at, end, writer)
          if (step.column.isPartitionKey) out.timestampMs = step.timestamps.timestampMs
        }
      }
      if (stop < 0) {
        stop = encodeUnscanned(step, source, at, end, writer, out)
        if (stop < 0) return giveUp(writer, began)
      } else if (kind !== TEXT && !step.endsAt(view, stop, end)) return giveUp(writer, began)
      hasEnded = stop === end
      at = hasEnded ? end : stop + step.after.length
    }
    // Pairs end with a value, never with a separator, and none may be left over.
    if (!hasEnded && (this.hasPairs || at !== end)) return giveUp(writer, began)
    writer.writeNull()
    return true
  }
}

function giveUp(writer: CopyWriter, began: number): false {
  writer.rewind(began)
  return false
}

/** A value that is written in another way than most, such as a time with an offset, or that is empty. */
function encodeUnscanned(
  step: UsualStep,
  { bytes, view }: LineSource,
  start: number,
  end: number,
  writer: CopyWriter,
  out: EncodedLine,
): number {
  const stop = step.findEnd(view, start, end)
  if (stop < 0) return -1
  return encodeColumn(step.column, bytes, start, stop, writer, out) === undefined ? stop : -1
}
