import { z } from 'zod'
import { FORMAT_RULE, type FormatDeclaration, formatSchema } from '../formats/format-schema.js'
import { addIssues, fieldName, identifier, list, strict, yesOrNo } from './schema-rules.js'

const ALTERNATIVE_RULE = 'a format with event, the name of what it says'
const EXTRACT_RULE = 'a format with from, the field that is taken apart'

/** Formats that are tried in order on the same text. */
export interface AlternativesDeclaration {
  readonly kind: 'alternatives'
  readonly of: readonly (FormatDeclaration & { readonly event: string })[]
}

export type TypeFormatDeclaration = FormatDeclaration | AlternativesDeclaration

/** A field that is taken apart again. */
export type ExtractDeclaration = TypeFormatDeclaration & { readonly from: string; readonly required: boolean }

/** Formats with further keys beside their own, which are taken off before the format is looked at. */
function formatWith<Keys extends z.ZodRawShape, Format>(rule: string, keys: Keys, schema: z.ZodType<Format>) {
  const own = strict(rule, keys)
  return z.unknown().transform((value, context): Format & z.infer<typeof own> => {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      context.issues.push({ code: 'custom', message: rule, input: value, path: [] })
      return z.NEVER
    }
    const entries = Object.entries(value)
    const isOwn = ([key]: [string, unknown]) => Object.hasOwn(keys, key)
    const result = own.safeParse(Object.fromEntries(entries.filter(isOwn)))
    const format = schema.safeParse(Object.fromEntries(entries.filter((entry) => !isOwn(entry))))
    addIssues(context, [...(result.error?.issues ?? []), ...(format.error?.issues ?? [])], value)
    if (!result.success || !format.success) return z.NEVER
    return { ...format.data, ...result.data }
  })
}

const alternativesSchema = strict(FORMAT_RULE, {
  kind: z.literal('alternatives'),
  of: list(
    formatWith(ALTERNATIVE_RULE, { event: identifier }, formatSchema),
    'a list of 1 to 64 formats, each with event',
    1,
    64,
  ),
})

/** What `format` may be. */
export const typeFormatSchema = z.unknown().transform((value, context): TypeFormatDeclaration => {
  const isAlternatives =
    typeof value === 'object' && value !== null && 'kind' in value && value.kind === 'alternatives'
  const result: z.ZodSafeParseResult<TypeFormatDeclaration> = isAlternatives
    ? alternativesSchema.safeParse(value)
    : formatSchema.safeParse(value)
  if (result.success) return result.data
  context.issues.push(...(result.error.issues as z.core.$ZodRawIssue[]))
  return z.NEVER
})

/** One of `extract`. */
export const extractSchema = formatWith(
  EXTRACT_RULE,
  { from: fieldName, required: yesOrNo.default(false) },
  typeFormatSchema,
)
