import { z } from 'zod'
import { strict, text } from '../schema-rules.js'

const mark = z
  .string({ error: 'one printable ASCII character, a tab or a space' })
  .regex(/^[\t\x20-\x7e]$/, { error: 'one printable ASCII character, a tab or a space' })

export const FORMAT_RULE = 'a format: a mapping with kind and the keys of its kind'

/** The ways to take a text apart, each by itself. */
export const formatSchema = z.discriminatedUnion(
  'kind',
  [
    strict(FORMAT_RULE, {
      kind: z.literal('key-value'),
      head: text('a template of at most 1024 characters', 0).default(''),
      pairs: strict('a mapping with separator and assign', { separator: mark, assign: mark }),
    }),
    strict(FORMAT_RULE, {
      kind: z.literal('dissect'),
      pattern: text('a template of 1 to 1024 characters', 1),
    }),
  ],
  {
    error: (issue) => (issue.code === 'invalid_union' ? 'one of key-value, dissect' : FORMAT_RULE),
  },
)

export type FormatDeclaration = z.infer<typeof formatSchema>
