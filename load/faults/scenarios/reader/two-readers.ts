import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

export const twoReaders: Scenario = {
  name: 'two-readers',
  faults: [5],
  compose: true,
  title: 'Two readers with different settings follow the same directory.',
  observe:
    '`sluice_reader_source_conflicts_total` rises in both: each finds now and then that the other was first. `SELECT source_id, start_offset, end_offset FROM sluice.chunks ORDER BY 1, 2` shows chunks of both sizes that meet without a gap and without an overlap.',
  discuss:
    'Two readers by mistake cost work and no row. Would it be better to refuse the second one, and what would then happen to the files of a reader that hangs?',
  recovery:
    'The chunks of a source tile it: the row of the source holds the end of the last one, and the chunk is inserted by the statement that moves it. Of two readers that have cut the same lines one is refused, and reads its position anew.',
  async run(trial) {
    const written = trial.keepWriting()
    // Each holds a cut chunk for a moment now and then, so that the other is surely first.
    const held = () => 2 + trial.random.below(10)
    const readers = await Promise.all(
      ['500', '300'].map((lines) =>
        trial.startRole('reader', [trial.logs], {
          SLUICE_READER_CHUNK_LINES: lines,
          SLUICE_LIFECYCLE_FAILPOINTS: `reader.chunk-cut=block:700@${held()}, reader.chunk-cut=block:700@${12 + held()}`,
        }),
      ),
    )
    await trial.startRoles({ parser: 1, indexer: 1 })
    return {
      oracle: await written,
      async check() {
        let conflicts = 0
        for (const reader of readers) {
          conflicts += await readMetric(reader, 'sluice_reader_source_conflicts_total')
          const chunks = await readMetric(reader, 'sluice_reader_chunks_total')
          if (chunks === 0) throw new Error('only one of the readers has recorded anything')
        }
        if (conflicts === 0) throw new Error('the readers never met')
        trial.tell(`the readers met ${conflicts} times`)
      },
    }
  },
}
