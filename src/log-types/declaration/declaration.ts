import { z } from 'zod'
import { columnSchema } from '../columns/column-schema.js'
import { isTimeZone } from '../columns/timestamps/time-zone.js'
import { detectEntrySchema } from '../detection/detect-schema.js'
import { envelopeSchema } from '../envelopes/envelope-schema.js'
import { extractSchema, typeFormatSchema } from './formats-of-type.js'
import { retentionSchema } from './retention-schema.js'
import { rollupsSchema } from './rollup-schema.js'
import { identifier, list, strict, text, whole, yesOrNo } from './schema-rules.js'

export type { ColumnDeclaration } from '../columns/column-schema.js'

/** Column by which every table is partitioned and every row is dated. */
export const PARTITION_KEY = 'timestamp'
/** Column that keeps the line, of types that do. */
export const KEPT_LINE = 'raw_line'

/** The raw line of a row is rebuilt by one function call, and PostgreSQL takes 100 arguments. */
const MAX_COLUMNS = 64

const multilineSchema = strict('a mapping with start, maxLines and maxBytes', {
  start: text('a template of 1 to 1024 characters', 1),
  maxLines: whole(2, 10_000).default(500),
  maxBytes: whole(256, 1_048_576).default(65_536),
})

const DESCRIPTION_RULE = 'one line of 1 to 200 characters'
const TIME_ZONE_RULE = 'a time zone of the IANA database, such as Europe/Berlin'

export const declarationSchema = strict('a mapping with the keys of a log type', {
  name: identifier,
  version: whole(1, 32_767),
  order: whole(0, 1_000_000).default(100),
  table: identifier,
  description: z
    .string({ error: DESCRIPTION_RULE })
    .regex(/^[^\p{Cc}\u2028\u2029]{1,200}$/u, { error: DESCRIPTION_RULE })
    .optional(),
  multiline: multilineSchema.optional(),
  timezone: z.string({ error: TIME_ZONE_RULE }).refine(isTimeZone, { error: TIME_ZONE_RULE }).optional(),
  envelope: envelopeSchema.optional(),
  detect: list(detectEntrySchema, 'a list of 1 to 16 templates', 1, 16).default([]),
  format: typeFormatSchema,
  extract: list(extractSchema, 'a list of at most 16 further formats', 0, 16).default([]),
  dedup: z.enum(['none', 'record'], { error: 'one of none, record' }).default('none'),
  keepLine: yesOrNo.default(false),
  retention: retentionSchema.optional(),
  columns: list(columnSchema, `a list of 1 to ${MAX_COLUMNS} columns`, 1, MAX_COLUMNS),
  indexes: list(
    list(identifier, 'a list of 1 to 16 column names', 1, 16),
    'a list of at most 16 indexes, each a list of column names',
    0,
    16,
  ).default([]),
  rollups: rollupsSchema,
})

/** The content of one declaration file, shape checked and defaults filled in. */
export type Declaration = z.infer<typeof declarationSchema>
