import { z } from 'zod'

/** Of a log type, a table, a column. */
export const IDENTIFIER = /^[a-z_][a-z0-9_]{0,62}$/
const IDENTIFIER_RULE =
  'a name of lower-case letters, digits and _, not beginning with a digit, at most 63 long'
/** Of a field in a line. */
export const FIELD_NAME = /^[A-Za-z0-9_.@/:-]{1,64}$/
const FIELD_RULE = 'a field name of 1 to 64 letters, digits and _ . @ / : -'

/**
 * A mapping with these keys and no others. The message of every rule is what was expected; read-declaration.ts adds
 * where, and what was there.
 */
export function strict<Shape extends z.ZodRawShape>(what: string, shape: Shape) {
  return z.strictObject(shape, {
    error: (issue) =>
      issue.code === 'unrecognized_keys' ? `one of the keys ${Object.keys(shape).join(', ')}` : what,
  })
}

export const identifier = z.string({ error: IDENTIFIER_RULE }).regex(IDENTIFIER, { error: IDENTIFIER_RULE })

/** The name of a field in a line. */
export const fieldName = z.string({ error: FIELD_RULE }).regex(FIELD_NAME, { error: FIELD_RULE })

export function whole(from: number, to: number, what = 'a whole number') {
  const rule = `${what} from ${from} to ${to}`
  return z.int({ error: rule }).min(from, { error: rule }).max(to, { error: rule })
}

export function text(rule: string, minimum: number) {
  return z.string({ error: rule }).min(minimum, { error: rule }).max(1024, { error: rule })
}

export function list<Item extends z.ZodType>(item: Item, rule: string, from: number, to: number) {
  return z.array(item, { error: rule }).min(from, { error: rule }).max(to, { error: rule })
}

/** Hands on what is wrong in a value that a schema of its own was used for, unknown keys one by one. */
export function addIssues(
  context: { readonly issues: z.core.$ZodRawIssue[] },
  issues: readonly z.core.$ZodIssue[],
  input: unknown,
): void {
  for (const issue of issues) {
    const { code, message, path } = issue
    const paths = code === 'unrecognized_keys' ? issue.keys.map((key) => [...path, key]) : [path]
    for (const one of paths) context.issues.push({ code: 'custom', message, input, path: one })
  }
}

export const yesOrNo = z.boolean({ error: 'true or false' })
