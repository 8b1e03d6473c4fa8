import { createFormat } from '../../src/log-types/formats/create-format.js'
import type { FormatDeclaration } from '../../src/log-types/formats/format-schema.js'
import { FieldSlots } from '../../src/log-types/line/field-slots.js'
import { Fields } from '../../src/log-types/line/fields.js'
import { SCRATCH } from '../../src/log-types/line/scratch.js'
import { CopyWriter } from '../../src/postgres/copy-writer.js'
import { readTuple } from '../../src/postgres/read-tuple.js'
import { readJsonb } from '../../src/postgres/read-value.js'

export type SplitText =
  /** The fields that are there, as text; `extra` as JSON text, null without undeclared fields. */
  | { readonly fields: Readonly<Record<string, string>>; readonly extra: string | null }
  | { readonly refusal: string }

/** A format by itself, for tests and for looking at it: returns what takes a text apart into the fields of `names`. Slow. */
export function createSplitter(
  declaration: FormatDeclaration,
  names: readonly string[],
): (text: string | Buffer) => SplitText {
  const slots = new FieldSlots(names)
  const format = createFormat(declaration, slots)
  const fields = new Fields(names.length)
  const writer = new CopyWriter()
  return (text) => {
    const line = Buffer.from(text)
    fields.clear()
    const refusal = format.split(line, 0, line.length, fields)
    if (refusal !== undefined) return { refusal: `${refusal.reason}: ${refusal.detail}` }
    writer.beginTuple(1)
    const tooMuch = fields.extra.write(writer)
    if (tooMuch !== undefined) {
      writer.take()
      return { refusal: `${tooMuch.reason}: ${tooMuch.detail}` }
    }
    const [extra] = readTuple(writer.take(), 0)
    const found = names.flatMap((name, slot) => {
      if (!fields.isSet(slot)) return []
      const base = fields.spans[2 * slot]! >= SCRATCH ? SCRATCH : 0
      const [start, end] = [fields.spans[2 * slot]! - base, fields.spans[2 * slot + 1]! - base]
      return [[name, fields.bytesOf(slot, line).toString('utf8', start, end)] as const]
    })
    return { fields: Object.fromEntries(found), extra: extra == null ? null : readJsonb(extra) }
  }
}
