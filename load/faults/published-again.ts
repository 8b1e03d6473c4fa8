import type { Trial } from './trial.js'

/** Chunks that the reader has published again. */
export async function countPublishedAgain({ query }: Trial): Promise<number> {
  const [row] = await query<{ chunks: number }>(
    'SELECT count(*)::int AS chunks FROM sluice.chunks WHERE publishings_again > 0',
  )
  return row?.chunks ?? 0
}

/** For scenarios in which Redis loses something: throws if the reader never had to publish anything again. */
export async function expectPublishedAgain(trial: Trial): Promise<void> {
  const chunks = await countPublishedAgain(trial)
  trial.tell(`${chunks} chunks were published again`)
  if (chunks === 0) throw new Error('nothing was published again: the fault cost nothing, and proves nothing')
}
