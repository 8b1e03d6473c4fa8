import { hashKey } from '../bytes/key-table.js'
import type { ExtractDeclaration } from '../declaration/formats-of-type.js'
import type { LineFormat } from '../formats/line-format.js'
import type { Fields } from '../line/fields.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import { SCRATCH } from '../line/scratch.js'

/**
 * Takes a field apart again. Where it does not fit and need not, it leaves no trace: the field's text goes to the
 * undeclared fields, if no column has it, so that nothing of the line is lost.
 */
export class Extract {
  private readonly slot: number
  private readonly required: boolean
  private readonly missing: Refusal
  private readonly name: Buffer
  private readonly nameHash: number

  /** `format`: compiled from the declaration. `hasColumn`: the field itself is kept in any case. */
  constructor(
    { from, required }: ExtractDeclaration,
    fromSlot: number,
    private readonly format: LineFormat,
    private readonly hasColumn: boolean,
  ) {
    this.slot = fromSlot
    this.required = required
    this.missing = createRefusal('missing_field', `${from}: expected a value`)
    this.name = Buffer.from(from, 'latin1')
    this.nameHash = hashKey(this.name, 0, this.name.length)
  }

  run(line: Buffer, fields: Fields): Refusal | undefined {
    const { spans } = fields
    const from = spans[2 * this.slot]!
    const to = spans[2 * this.slot + 1]!
    if (from < 0 || from === to) return this.required ? this.missing : undefined
    const base = from >= SCRATCH ? SCRATCH : 0
    const bytes = fields.bytesOf(this.slot, line)
    fields.save()
    const refusal = this.format.split(bytes, from - base, to - base, fields)
    if (refusal === undefined) {
      if (base > 0) fields.addScratchToNew()
      return undefined
    }
    if (this.required) return refusal
    fields.restore()
    if (this.hasColumn) return undefined
    const { name, nameHash } = this
    return fields.extra.addText(name, 0, name.length, nameHash, bytes, from - base, to - base)
  }
}
