import { HAS_LONE_SURROGATE, HAS_NUL, JsonScanner } from '../formats/json-scanner.js'
import { appendUnescaped } from '../formats/json-string.js'
import type { FieldSlots } from '../line/field-slots.js'
import type { Fields } from '../line/fields.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import { SCRATCH } from '../line/scratch.js'
import {
  APP,
  EnvelopeLine,
  HOST,
  MSGID,
  PID,
  PRIORITY,
  STREAM,
  STRUCTURED,
  TIMESTAMP,
} from './envelope-line.js'
import type { EnvelopeKind } from './envelope-schema.js'
import { facilityNames, severityNames } from './priority.js'
import { type EnvelopeReader, envelopes } from './read-envelope.js'

/** The field that is the time of an envelope. */
export const ENVELOPE_TIME = '@timestamp'

const partNames: readonly (readonly [field: string, part: number])[] = [
  [ENVELOPE_TIME, TIMESTAMP],
  ['@host', HOST],
  ['@app', APP],
  ['@pid', PID],
  ['@msgid', MSGID],
  ['@priority', PRIORITY],
  ['@structured', STRUCTURED],
  ['@stream', STREAM],
]

const escapedNul = createRefusal('nul_byte', 'expected a message without NUL')
const loneSurrogate = createRefusal('invalid_utf8', 'expected a message without lone surrogates')
const badEscape = createRefusal('no_match', 'expected a message that is a JSON string')

const ESCAPED_NEWLINE_BYTES = 2

/** A text that is in scratch memory of every line: | start | end |, both with SCRATCH. */
type ConstantSpan = readonly [start: number, end: number]

/** Takes the envelope off the lines of one type: sets the slots of its parts, and finds the message. */
export class MessageReader {
  /** Of the line that was read last: in scratch memory, or in the line. */
  isInScratch = false
  /** Places in the line or, without SCRATCH added, in scratch memory. */
  start = 0
  end = 0
  private readonly read: EnvelopeReader
  private readonly line = new EnvelopeLine()
  private readonly scanner = new JsonScanner()
  private readonly noEnvelope: Refusal
  /** | slot | part | of the parts that the type has a field for. */
  private readonly parts: Int32Array
  private readonly facilitySlot: number
  private readonly severitySlot: number
  private readonly partialSlot: number
  private readonly facilities: readonly ConstantSpan[]
  private readonly severities: readonly ConstantSpan[]
  private readonly booleans: readonly ConstantSpan[]

  constructor(kind: EnvelopeKind, slots: FieldSlots, fields: Fields) {
    this.read = envelopes[kind].read
    this.noEnvelope = createRefusal('no_match', `expected a line of ${kind}`)
    this.parts = Int32Array.from(
      partNames.flatMap(([field, part]) => (slots.of(field) < 0 ? [] : [slots.of(field), part])),
    )
    this.facilitySlot = slots.of('@facility')
    this.severitySlot = slots.of('@severity')
    this.partialSlot = slots.of('@partial')
    this.facilities = facilityNames.map((name) => constant(fields, name))
    this.severities = severityNames.map((name) => constant(fields, name))
    this.booleans = ['false', 'true'].map((name) => constant(fields, name))
  }

  open(bytes: Buffer, start: number, end: number, fields: Fields): Refusal | undefined {
    const { line, parts } = this
    if (!this.read(bytes, start, end, line)) return this.noEnvelope
    for (let i = 0; i < parts.length; i += 2) {
      const at = 2 * parts[i + 1]!
      if (line.spans[at]! >= 0) fields.set(parts[i]!, line.spans[at]!, line.spans[at + 1]!)
    }
    if (line.priority >= 0) {
      setConstant(fields, this.facilitySlot, this.facilities[line.priority >> 3])
      setConstant(fields, this.severitySlot, this.severities[line.priority & 7])
    }
    if (line.partial >= 0) setConstant(fields, this.partialSlot, this.booleans[line.partial])
    this.isInScratch = line.isEscaped
    this.start = line.messageStart
    this.end = line.messageEnd
    return line.isEscaped ? this.unescape(bytes, fields) : undefined
  }

  private unescape(bytes: Buffer, { scratch }: Fields): Refusal | undefined {
    // A message that is complete has its newline before the quote that ends the string.
    const stringEnd = this.end + (this.line.partial === 0 ? ESCAPED_NEWLINE_BYTES : 0) + 1
    const close = this.scanner.string(bytes, this.start, stringEnd)
    if (close === HAS_NUL) return escapedNul
    if (close === HAS_LONE_SURROGATE) return loneSurrogate
    if (close < 0) return badEscape
    const messageStart = scratch.position
    appendUnescaped(scratch, bytes, this.start, this.end)
    this.start = messageStart
    this.end = scratch.position
    return undefined
  }
}

function constant(fields: Fields, text: string): ConstantSpan {
  const start = SCRATCH + fields.scratch.addConstant(text)
  return [start, start + text.length]
}

function setConstant(fields: Fields, slot: number, span: ConstantSpan | undefined): void {
  if (slot >= 0 && span !== undefined) fields.set(slot, span[0], span[1])
}
