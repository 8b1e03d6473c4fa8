import { z } from 'zod'
import { list, strict, text } from '../declaration/schema-rules.js'
import { shorthand } from '../declaration/shorthand.js'

const TEMPLATE_RULE = 'a template of 1 to 1024 characters'
const CONTAINS_RULE = 'a text of 4 to 64 bytes'

const mapping = strict('a template, or a mapping with template and contains', {
  template: text(TEMPLATE_RULE, 1).optional(),
  contains: list(
    z.string({ error: CONTAINS_RULE }).refine(isSearchable, { error: CONTAINS_RULE }),
    'a list of 1 to 8 texts',
    1,
    8,
  ).default([]),
})

/** One way to recognise a line: all of it must fit. A text is short for `{ template: text }`. */
export type DetectEntry = z.infer<typeof mapping>

export const detectEntrySchema = shorthand<DetectEntry>(mapping, (template) => {
  const isTemplate = template.length >= 1 && template.length <= 1024
  return isTemplate ? { template, contains: [] } : TEMPLATE_RULE
})

function isSearchable(value: string): boolean {
  const bytes = Buffer.byteLength(value)
  return bytes >= 4 && bytes <= 64 && !/[\0\n\r]/.test(value)
}
