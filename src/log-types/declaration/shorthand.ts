import { z } from 'zod'
import { addIssues } from './schema-rules.js'

/** A mapping that may be written as a text. `read` turns the text into the mapping, or says what was expected. */
export function shorthand<T extends object>(mapping: z.ZodType<T>, read: (text: string) => T | string) {
  return z.unknown().transform((value, context): T => {
    if (typeof value === 'string') {
      const result = read(value)
      if (typeof result !== 'string') return result
      context.issues.push({ code: 'custom', message: result, input: value, path: [] })
      return z.NEVER
    }
    const result = mapping.safeParse(value)
    if (result.success) return result.data
    addIssues(context, result.error.issues, value)
    return z.NEVER
  })
}
