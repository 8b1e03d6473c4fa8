import { hashKey } from '../bytes/key-table.js'
import type { Declaration } from '../declaration/declaration.js'
import { formatsOf, outerFields, stagesOf } from '../declaration/field-plan.js'
import { fieldsOf } from '../declaration/finding.js'
import type { FieldSlots } from '../line/field-slots.js'
import { ABSENT, type Fields } from '../line/fields.js'
import type { Refusal } from '../line/refusal.js'
import { SCRATCH } from '../line/scratch.js'

const QUOTE = 0x22

/** One of the fields that a column may come from. */
interface Source {
  readonly slot: number
  readonly name: Buffer
  readonly nameHash: number
  /** It is nowhere else when the column does not take it. */
  readonly isKept: boolean
}

/**
 * A column that comes from the first of several fields that a line has, as formats do that call the same thing by
 * different names. The other ones are undeclared fields then: what a line says is not dropped.
 */
export class FieldChoice {
  private constructor(
    private readonly slot: number,
    private readonly sources: readonly Source[],
    /** The fields are members of the line's JSON object. */
    private readonly isJson: boolean,
  ) {}

  /** One for each column that has several fields. */
  static compile(declaration: Declaration, slots: FieldSlots): FieldChoice[] {
    const isJson = formatsOf(declaration.format).every(({ kind }) => kind === 'json')
    const outer = outerFields(declaration)
    const taken = new Set(declaration.extract.map(({ from }) => from))
    const [, ...extracts] = stagesOf(declaration)
    const isOfFormat = (name: string) =>
      !outer.has(name) && !extracts.some(({ byName, placed }) => byName || placed.has(name))
    return declaration.columns.flatMap((column, slot) => {
      const names = fieldsOf(column)
      if (names.length === 1) return []
      const sources = names.map((name) => {
        const bytes = Buffer.from(name, 'latin1')
        // What a pointer leads to stays in the member that it is taken out of.
        const isPointer = isJson && name.startsWith('/')
        return {
          slot: slots.of(name),
          name: bytes,
          nameHash: hashKey(bytes, 0, bytes.length),
          isKept: !isPointer && !outer.has(name) && !taken.has(name),
        }
      })
      return [new FieldChoice(slot, sources, isJson && names.every(isOfFormat))]
    })
  }

  /** Puts the first field that is there, and not empty, into the column's slot. */
  choose(line: Buffer, fields: Fields): Refusal | undefined {
    const { spans } = fields
    const { sources } = this
    let start = ABSENT
    let end = ABSENT
    for (let i = 0; i < sources.length; i++) {
      const source = sources[i]!
      const from = spans[2 * source.slot]!
      const to = spans[2 * source.slot + 1]!
      if (from < 0 || from === to) continue
      if (start < 0) {
        start = from
        end = to
      } else if (source.isKept) {
        const refusal = this.keep(source, line, fields)
        if (refusal !== undefined) return refusal
      }
    }
    // The first source has the column's slot, so it is written last.
    fields.set(this.slot, start, end)
    return undefined
  }

  private keep({ slot, name, nameHash }: Source, line: Buffer, fields: Fields): Refusal | undefined {
    const { spans, extra } = fields
    const from = spans[2 * slot]!
    const base = from >= SCRATCH ? SCRATCH : 0
    const bytes = fields.bytesOf(slot, line)
    const to = spans[2 * slot + 1]! - base
    // In the line itself a quote stands before a text, and before nothing else.
    const isText = !this.isJson || base > 0 || bytes[from - 1] === QUOTE
    return isText
      ? extra.addText(name, 0, name.length, nameHash, bytes, from - base, to)
      : extra.addJson(name, 0, name.length, nameHash, bytes, from, to)
  }
}
