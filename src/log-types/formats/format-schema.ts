import { z } from 'zod'
import { fieldName, list, strict, text, whole, yesOrNo } from '../declaration/schema-rules.js'

const mark = z
  .string({ error: 'one printable ASCII character, a tab or a space' })
  .regex(/^[\t\x20-\x7e]$/, { error: 'one printable ASCII character, a tab or a space' })

const template = text('a template of 1 to 1024 characters', 1)
const head = text('a template of at most 1024 characters', 0).default('')
const prefix = text('a text of 1 to 1024 characters', 1)
const expressionRule = 'an expression of 1 to 8192 characters'
const expression = z
  .string({ error: expressionRule })
  .min(1, { error: expressionRule })
  .max(8192, { error: expressionRule })

export const FORMAT_RULE = 'a format: a mapping with kind and the keys of its kind'

const kinds = [
  strict(FORMAT_RULE, { kind: z.literal('dissect'), pattern: template }),
  strict(FORMAT_RULE, {
    kind: z.literal('key-value'),
    head,
    pairs: strict('a mapping with separator and assign', {
      separator: mark,
      assign: mark,
      quote: mark.optional(),
      escape: mark.optional(),
      spaces: yesOrNo.optional(),
      bare: yesOrNo.optional(),
      repeated: z.enum(['refuse', 'keep'], { error: 'one of refuse, keep' }).optional(),
    }),
  }),
  strict(FORMAT_RULE, { kind: z.literal('logfmt'), head }),
  strict(FORMAT_RULE, { kind: z.literal('pattern'), pattern: expression }),
  strict(FORMAT_RULE, {
    kind: z.literal('delimited'),
    delimiter: mark,
    quote: mark.optional(),
    fields: list(fieldName, 'a list of 1 to 512 field names', 1, 512),
    header: prefix.optional(),
    comment: prefix.optional(),
    atLeast: whole(1, 512).optional(),
    more: z.enum(['refuse', 'keep'], { error: 'one of refuse, keep' }).default('refuse'),
  }),
  strict(FORMAT_RULE, { kind: z.literal('json') }),
] as const

const kindNames = kinds.map((kind) => kind.shape.kind.value).join(', ')

/** The ways to take a text apart, each by itself. */
export const formatSchema = z.discriminatedUnion('kind', kinds, {
  error: (issue) => (issue.code === 'invalid_union' ? `one of ${kindNames}` : FORMAT_RULE),
})

export type FormatDeclaration = z.infer<typeof formatSchema>

/** Formats in which a text is put together again from its fields as it was: those of the shortest way. */
export type PlainFormat = Extract<FormatDeclaration, { kind: 'dissect' | 'key-value' }>

export function isPlainFormat(format: FormatDeclaration): format is PlainFormat {
  return format.kind === 'dissect' || (format.kind === 'key-value' && isPlainPairs(format.pairs))
}

/** Whether pairs have none of the options that take another class (quoted-pairs.ts). */
export function isPlainPairs(pairs: Extract<FormatDeclaration, { kind: 'key-value' }>['pairs']): boolean {
  const { quote, escape: escapeMark, spaces, bare, repeated } = pairs
  const isSimple = spaces !== true && bare !== true && repeated !== 'keep'
  return quote === undefined && escapeMark === undefined && isSimple
}
