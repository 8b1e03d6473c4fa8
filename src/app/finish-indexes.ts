import { SluiceError } from '../errors/sluice-error.js'
import {
  type BuildAllOptions,
  buildAllIndexes,
  type IndexProgress,
  type UnindexedPartition,
} from '../indexer/build-all-indexes.js'
import { sleep } from '../lifecycle/sleep.js'
import { endsWithin } from './stop-signal.js'

const reportEveryMs = 200

/**
 * Builds every index that is missing and reports while it lasts, without progress as long as there is nothing to
 * build. Returns the partitions that could not be indexed.
 * @throws SluiceError SLUICE_INTERRUPTED when told to stop, at most drainMs later
 */
export async function finishIndexes(
  options: Omit<BuildAllOptions, 'onProgress'>,
  drainMs: number,
  report: (progress?: IndexProgress) => void,
): Promise<UnindexedPartition[]> {
  let progress: IndexProgress | undefined
  const ended = new AbortController()
  const building = buildAllIndexes({
    ...options,
    onProgress: (now) => {
      progress = now
    },
  }).finally(() => ended.abort())
  building.catch(() => {})
  while (!ended.signal.aborted && !options.stop.aborted) {
    report(progress)
    await sleep(reportEveryMs, AbortSignal.any([ended.signal, options.stop]))
  }
  if (!options.stop.aborted) return building
  const over = building.then(
    () => {},
    () => {},
  )
  await endsWithin(over, drainMs)
  throw new SluiceError(
    'SLUICE_INTERRUPTED',
    'interrupted; every line is accounted for, some have no indexes yet',
    {
      hint: 'Run the same command again: it builds what is missing. So does any indexer that runs.',
    },
  )
}
