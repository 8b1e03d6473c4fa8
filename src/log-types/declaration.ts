import { z } from 'zod'

/** Column by which every table is partitioned and every row is dated. */
export const PARTITION_KEY = 'timestamp'

/** Longest text that a column may allow: nothing longer than a line can come. */
const MAX_TEXT_BYTES = 65_536
/** The raw line of a row is rebuilt by one function call, and PostgreSQL takes 100 arguments. */
const MAX_COLUMNS = 64

const IDENTIFIER = /^[a-z_][a-z0-9_]{0,62}$/
const IDENTIFIER_RULE =
  'a name of lower-case letters, digits and _, not beginning with a digit, at most 63 long'

/** The message of every rule is what was expected; read-declaration.ts adds where, and what was there. */
function strict<Shape extends z.ZodRawShape>(what: string, shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `one of the keys ${Object.keys(shape).join(', ')}` : what,
  })
}

const identifier = z.string({ error: IDENTIFIER_RULE }).regex(IDENTIFIER, { error: IDENTIFIER_RULE })

function whole(from: number, to: number) {
  const rule = `a whole number from ${from} to ${to}`
  return z.int({ error: rule }).min(from, { error: rule }).max(to, { error: rule })
}

function text(rule: string, minimum: number) {
  return z.string({ error: rule }).min(minimum, { error: rule }).max(1024, { error: rule })
}

const fieldRule = 'a field name of 1 to 64 letters, digits and _ . @ / : -'
const columnKeys = {
  name: identifier,
  from: z
    .string({ error: fieldRule })
    .regex(/^[A-Za-z0-9_.@/:-]{1,64}$/, { error: fieldRule })
    .optional(),
  required: z.boolean({ error: 'true or false' }).default(false),
}
const COLUMN_RULE = 'a column: a mapping with name, type and the keys of its type'

const column = z.discriminatedUnion(
  'type',
  [
    strict(COLUMN_RULE, {
      ...columnKeys,
      type: z.literal('text'),
      maxBytes: whole(1, MAX_TEXT_BYTES).optional(),
    }),
    strict(COLUMN_RULE, {
      ...columnKeys,
      type: z.literal('integer'),
      min: whole(-2_147_483_648, 2_147_483_647).optional(),
      max: whole(-2_147_483_648, 2_147_483_647).optional(),
    }),
    strict(COLUMN_RULE, {
      ...columnKeys,
      type: z.literal('bigint'),
      min: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).optional(),
      max: whole(Number.MIN_SAFE_INTEGER, Number.MAX_SAFE_INTEGER).optional(),
    }),
    strict(COLUMN_RULE, { ...columnKeys, type: z.literal('inet') }),
    strict(COLUMN_RULE, { ...columnKeys, type: z.literal('timestamptz') }),
  ],
  {
    error: (issue) =>
      issue.code === 'invalid_union' ? 'one of text, integer, bigint, inet, timestamptz' : COLUMN_RULE,
  },
)

const mark = z
  .string({ error: 'one printable ASCII character, a tab or a space' })
  .regex(/^[\t\x20-\x7e]$/, { error: 'one printable ASCII character, a tab or a space' })

const FORMAT_RULE = 'a format: a mapping with kind and the keys of its kind'

const format = z.discriminatedUnion(
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

function list<Item extends z.ZodType>(item: Item, rule: string, from: number, to: number) {
  return z.array(item, { error: rule }).min(from, { error: rule }).max(to, { error: rule })
}

export const declarationSchema = strict('a mapping with the keys of a log type', {
  name: identifier,
  version: whole(1, 32_767),
  order: whole(0, 1_000_000).default(100),
  table: identifier,
  detect: list(text('a template of 1 to 1024 characters', 1), 'a list of 1 to 16 templates', 1, 16),
  format,
  dedup: z.enum(['none', 'record'], { error: 'one of none, record' }).default('none'),
  columns: list(column, `a list of 1 to ${MAX_COLUMNS} columns`, 1, MAX_COLUMNS),
  indexes: list(
    list(identifier, 'a list of 1 to 16 column names', 1, 16),
    'a list of at most 16 indexes, each a list of column names',
    0,
    16,
  ).default([]),
})

/** The content of one declaration file, shape checked and defaults filled in. */
export type Declaration = z.infer<typeof declarationSchema>
export type ColumnDeclaration = Declaration['columns'][number]
