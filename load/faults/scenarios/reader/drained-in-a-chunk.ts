import { waitForFailpoint } from '../../failpoint-reached.js'
import { countPublishedAgain } from '../../published-again.js'
import type { Scenario } from '../../scenario.js'

export const readerDrainedInAChunk: Scenario = {
  name: 'reader-drained-in-a-chunk',
  faults: [6],
  title: 'A reader is told to stop (SIGTERM) when it has recorded a chunk and not published it.',
  observe:
    'The log of the reader says `Draining.` and `Drained.`, it ends with exit status 0, and well within lifecycle.drainMs. `sluice_reader_batches_republished_total` of the next reader stays 0.',
  discuss:
    'Killing the reader here would lose nothing either. What is a drain for then, and how long may it take before the supervisor of the processes loses patience?',
  recovery:
    'The signal only keeps the reader from cutting another chunk; the one in hand is published. The next reader finds nothing to repair.',
  async run(trial) {
    const written = trial.keepWriting()
    const first = await trial.startRole('reader', [trial.logs], {
      SLUICE_LIFECYCLE_FAILPOINTS: `reader.chunk-recorded=block:2500@${3 + trial.random.below(15)}`,
    })
    await waitForFailpoint(trial, first, 'reader.chunk-recorded')
    const exit = await first.kill('SIGTERM', { timeoutMs: 20_000 })
    if (exit.code !== 0 || !exit.stderr.includes('"Drained."')) {
      throw new Error(`the reader did not drain: ${exit.code ?? exit.signal} ${exit.stderr}`)
    }
    // Only now, so that everything that is not in a stream was not published.
    await trial.startRoles({ reader: 1 })
    await trial.startRoles({ parser: 1, indexer: 1 })
    return {
      oracle: await written,
      async check() {
        const again = await countPublishedAgain(trial)
        if (again > 0) throw new Error(`${again} chunks were left behind unpublished`)
      },
    }
  },
}
