import { startsWithLiteral } from '../bytes/find-literal.js'
import type { FieldSlots } from '../line/field-slots.js'
import type { Fields } from '../line/fields.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import { SCRATCH, type Scratch } from '../line/scratch.js'
import type { LineFormat } from './line-format.js'
import { parsePattern } from './pattern/parse-pattern.js'
import { fieldsOf, javascriptOf, prefixOf } from './pattern/pattern-node.js'

const noMatch = createRefusal('no_match', 'expected a text that the pattern fits')
const cutCharacter = createRefusal('no_match', 'expected the pattern to take whole characters')
const tooLong = createRefusal('no_match', 'expected a text short enough for the pattern')

/** A shorter capture is copied byte by byte, which is then faster than a call of the runtime. */
const SHORT_BYTES = 48

/**
 * Texts that an expression with named captures fits as a whole. It runs over the bytes decoded as latin1, a character a
 * byte, on the engine of JavaScript: check-pattern.ts has proven that time is linear.
 */
export class PatternFormat implements LineFormat {
  private readonly expression: RegExp
  /** What every text begins with that fits: most of many alternatives are ruled out by it, without decoding the text. */
  private readonly prefix: Uint8Array
  /** Slot of each group, from group 1 on. */
  private readonly slots: Int32Array

  /** `pattern`: one that checkPattern accepts. */
  constructor(pattern: string, slots: FieldSlots) {
    const node = parsePattern(pattern)
    this.expression = new RegExp(`^(?:${javascriptOf(node)})$`)
    this.prefix = Buffer.from(prefixOf(node), 'latin1')
    this.slots = Int32Array.from(fieldsOf(node), (field) => slots.of(field))
  }

  split(bytes: Buffer, start: number, end: number, fields: Fields): Refusal | undefined {
    const { slots, prefix } = this
    if (!startsWithLiteral(bytes, start, end, prefix, 0, prefix.length)) return noMatch
    const { scratch, spans } = fields
    let groups: RegExpExecArray | null
    try {
      groups = this.expression.exec(bytes.toString('latin1', start, end))
    } catch {
      // The engine has a bound for what it remembers of repetitions: 64 MiB, for texts of several MiB.
      return tooLong
    }
    if (groups === null) return noMatch
    for (let group = 0; group < slots.length; group++) {
      const text = groups[group + 1]
      const slot = slots[group]!
      if (text === undefined || slot < 0) continue
      const from = scratch.position
      appendBytes(scratch, text)
      spans[2 * slot] = SCRATCH + from
      spans[2 * slot + 1] = SCRATCH + scratch.position
      if (text.length > 0 && isCut(scratch.buffer, from, scratch.position)) {
        return cutCharacter
      }
    }
    return undefined
  }
}

/** Appends a text of bytes, each a character. */
function appendBytes(scratch: Scratch, text: string): void {
  if (text.length > SHORT_BYTES) {
    scratch.appendLatin1(text)
    return
  }
  scratch.reserve(text.length)
  const { buffer } = scratch
  let at = scratch.position
  for (let index = 0; index < text.length; index++) buffer[at++] = text.charCodeAt(index)
  scratch.position = at
}

/** Whether a part of a valid UTF-8 text begins or ends inside a character: `.` is one byte. */
function isCut(bytes: Buffer, start: number, end: number): boolean {
  if ((bytes[start]! & 0xc0) === 0x80) return true
  if (bytes[end - 1]! < 0x80) return false
  let lead = end - 1
  while (lead > start && (bytes[lead]! & 0xc0) === 0x80) lead--
  const byte = bytes[lead]!
  return end - lead !== (byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2)
}
