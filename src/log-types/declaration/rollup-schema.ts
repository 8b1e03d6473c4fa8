import { z } from 'zod'
import { identifier, list, strict } from './schema-rules.js'

const nameRule = 'a name of lower-case letters, digits and _, not beginning with a digit, at most 48 long'

const rollup = strict('a rollup: a mapping with name, by and where', {
  // Shorter than other names: that of its index is made of it.
  name: z.string({ error: nameRule }).regex(/^[a-z_][a-z0-9_]{0,47}$/, { error: nameRule }),
  by: list(identifier, 'a list of 1 to 4 column names', 1, 4),
  where: z
    .record(z.string(), z.string({ error: 'text, in quotes where YAML takes it for something else' }), {
      error: 'a mapping of column names to the text that they must have',
    })
    .default({}),
})

/** `rollups:` of a declaration: what is counted by hour of the rows, beside all of them. */
export const rollupsSchema = list(rollup, 'a list of at most 8 rollups', 0, 8).default([])

export type RollupDeclaration = z.infer<typeof rollup>
