import { z } from 'zod'

/** What becomes of days that are older than a type keeps them. */
export const retentionGoals = ['drop', 'detach', 'export'] as const
export type RetentionGoal = (typeof retentionGoals)[number]

const daysRule = 'a whole number of days from 1 to 36500'
const days = z.int({ error: daysRule }).min(1, { error: daysRule }).max(36_500, { error: daysRule })

/** The key `retention` of a declaration. Without a default for `then`: nobody shall lose rows by leaving it out. */
export const retentionSchema = z.strictObject(
  {
    days,
    // biome-ignore lint/suspicious/noThenProperty: a key of the file; nobody awaits a declaration.
    then: z.enum(retentionGoals, { error: `one of ${retentionGoals.join(', ')}` }),
  },
  {
    error: (issue) =>
      issue.code === 'unrecognized_keys'
        ? 'one of the keys days, then'
        : 'a mapping with days and then, such as { days: 90, then: export }',
  },
)
