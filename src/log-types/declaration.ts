import { z } from 'zod'
import { columnSchema } from './columns/column-schema.js'
import { isTimeZone } from './columns/timestamps/time-zone.js'
import { identifier, list, strict, text, whole } from './schema-rules.js'

export type { ColumnDeclaration } from './columns/column-schema.js'

/** Column by which every table is partitioned and every row is dated. */
export const PARTITION_KEY = 'timestamp'

/** The raw line of a row is rebuilt by one function call, and PostgreSQL takes 100 arguments. */
const MAX_COLUMNS = 64

const mark = z
  .string({ error: 'one printable ASCII character, a tab or a space' })
  .regex(/^[\t\x20-\x7e]$/, { error: 'one printable ASCII character, a tab or a space' })

const TIME_ZONE_RULE = 'a time zone of the IANA database, such as Europe/Berlin'

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

export const declarationSchema = strict('a mapping with the keys of a log type', {
  name: identifier,
  version: whole(1, 32_767),
  order: whole(0, 1_000_000).default(100),
  table: identifier,
  detect: list(text('a template of 1 to 1024 characters', 1), 'a list of 1 to 16 templates', 1, 16),
  format,
  timezone: z.string({ error: TIME_ZONE_RULE }).refine(isTimeZone, { error: TIME_ZONE_RULE }).optional(),
  dedup: z.enum(['none', 'record'], { error: 'one of none, record' }).default('none'),
  columns: list(columnSchema, `a list of 1 to ${MAX_COLUMNS} columns`, 1, MAX_COLUMNS),
  indexes: list(
    list(identifier, 'a list of 1 to 16 column names', 1, 16),
    'a list of at most 16 indexes, each a list of column names',
    0,
    16,
  ).default([]),
})

/** The content of one declaration file, shape checked and defaults filled in. */
export type Declaration = z.infer<typeof declarationSchema>
