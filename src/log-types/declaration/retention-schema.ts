import { z } from 'zod'
import { strict, whole } from './schema-rules.js'

/** What becomes of days that are older than a type keeps them. */
const retentionGoals = ['drop', 'detach', 'export'] as const
export type RetentionGoal = (typeof retentionGoals)[number]

/** The key `retention` of a declaration. Without a default for `then`: nobody shall lose rows by leaving it out. */
export const retentionSchema = strict('a mapping with days and then, such as { days: 90, then: export }', {
  days: whole(1, 36_500, 'a whole number of days'),
  // biome-ignore lint/suspicious/noThenProperty: a key of the file; nobody awaits a declaration.
  then: z.enum(retentionGoals, { error: `one of ${retentionGoals.join(', ')}` }),
})
