import type { FieldSlots } from '../line/field-slots.js'
import type { Fields } from '../line/fields.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import type { LineFormat } from './line-format.js'
import { parseTemplate } from './template.js'
import { TemplateMatcher } from './template-matcher.js'

const trailing = createRefusal('no_match', 'expected the line to end where its pattern ends')

/** Lines whose fields have a fixed order: the whole line must match one template. */
export class DissectFormat implements LineFormat {
  private readonly matcher: TemplateMatcher

  constructor(pattern: string, slots: FieldSlots) {
    this.matcher = new TemplateMatcher(parseTemplate(pattern), (name) => slots.of(name))
  }

  split(bytes: Buffer, start: number, end: number, fields: Fields): Refusal | undefined {
    const result = this.matcher.match(bytes, start, end, fields.spans)
    if (result < 0) return this.matcher.refusal(result)
    return result === end ? undefined : trailing
  }
}
