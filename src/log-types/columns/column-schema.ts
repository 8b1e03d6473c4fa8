import { z } from 'zod'
import { fieldName, identifier, list, strict, text, whole, yesOrNo } from '../declaration/schema-rules.js'

/** Longest text that a column may allow: nothing longer than a line can come. */
const MAX_TEXT_BYTES = 65_536
const MAX_ITEMS = 65_536

const valueRule = 'a text of 1 to 1024 characters; a number needs quotes'
const value = text(valueRule, 1)
/** YAML makes true and false of these words before anybody can say that texts are meant. */
const word = z.union([value, z.boolean().transform(String)], { error: valueRule })

const FROM_RULE = 'a field name, or a list of 2 to 8 field names'

const columnKeys = {
  name: identifier,
  from: z.union([fieldName, list(fieldName, FROM_RULE, 2, 8)], { error: FROM_RULE }).optional(),
  required: yesOrNo.default(false),
  nulls: list(value, 'a list of 1 to 32 texts', 1, 32).optional(),
  normalise: list(
    z.enum(['trim', 'lower', 'upper', 'no-trailing-dot', 'unbracket'], {
      error: 'one of trim, lower, upper, no-trailing-dot, unbracket',
    }),
    'a list of 1 to 8 normalisations',
    1,
    8,
  ).optional(),
  default: value.optional(),
  map: z
    .record(z.string(), value, { error: 'a mapping of texts to texts' })
    .refine((map) => Object.keys(map).length > 0 && Object.keys(map).length <= 1024, {
      error: 'a mapping of 1 to 1024 texts',
    })
    .optional(),
  mapOnly: yesOrNo.optional(),
}
const COLUMN_RULE = 'a column: a mapping with name, type and the keys of its type'

function columnOf<Type extends string, Shape extends z.ZodRawShape>(type: Type, shape: Shape) {
  return strict(COLUMN_RULE, { ...columnKeys, type: z.literal(type), ...shape })
}

function range(minimum: number, maximum: number) {
  return { min: whole(minimum, maximum).optional(), max: whole(minimum, maximum).optional() }
}

const int4 = range(-2_147_483_648, 2_147_483_647)
const int8 = range(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER)
const finite = z.number({ error: 'a finite number' })
const maxBytes = whole(1, MAX_TEXT_BYTES).optional()
const items = {
  separator: z
    .string({ error: 'a separator of 1 to 8 characters' })
    .min(1, { error: 'a separator of 1 to 8 characters' })
    .max(8, { error: 'a separator of 1 to 8 characters' })
    .optional(),
  json: yesOrNo.optional(),
  maxItems: whole(1, MAX_ITEMS).optional(),
}
const words = list(word, 'a list of 1 to 32 words', 1, 32).optional()

const options = [
  columnOf('text', { maxBytes }),
  columnOf('enum', { values: list(value, 'a list of 1 to 256 texts', 1, 256) }),
  columnOf('smallint', range(-32_768, 32_767)),
  columnOf('integer', int4),
  columnOf('bigint', int8),
  columnOf('double', { min: finite.optional(), max: finite.optional() }),
  columnOf('boolean', { true: words, false: words }),
  columnOf('timestamptz', {
    formats: list(text('a format of 1 to 1024 characters', 1), 'a list of 1 to 16 formats', 1, 16).optional(),
  }),
  columnOf('inet', {}),
  columnOf('cidr', {}),
  columnOf('macaddr', {}),
  columnOf('uuid', {}),
  columnOf('jsonb', { maxBytes }),
  columnOf('text[]', { maxBytes, ...items }),
  columnOf('integer[]', { ...int4, ...items }),
  columnOf('bigint[]', { ...int8, ...items }),
  columnOf('inet[]', items),
] as const

/** The columns' types, as they are declared, in the order of the documentation. */
export const columnTypeNames = options.map((option) => option.shape.type.value)

/** A column as it is declared; check-column.ts has the rules that connect its keys. */
export const columnSchema = z.discriminatedUnion('type', options, {
  error: (issue) => (issue.code === 'invalid_union' ? `one of ${columnTypeNames.join(', ')}` : COLUMN_RULE),
})

export type ColumnDeclaration = z.infer<typeof columnSchema>
