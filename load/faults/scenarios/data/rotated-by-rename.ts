import { deepEqual, ok } from 'node:assert/strict'
import { stat } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { pollUntil } from '../../../test/poll-until.js'
import type { Scenario } from '../../scenario.js'

export const rotatedByRename: Scenario = {
  name: 'data-rotated-by-rename',
  faults: [48],
  compose: true,
  title: 'A log is rotated by renaming while it is read, twice of it while the reader is stopped.',
  observe:
    '`sluice reconcile --json` lists a source for each part, under the name that it has now. `sluice_reader_unread_bytes` rises while the reader is stopped, and falls to 0 afterwards.',
  discuss:
    'The part that is called app.log.2 now was app.log when its first lines were read. What would a reader do that remembers positions by path? What one that remembers them by inode, after a restore from a backup?',
  recovery:
    'A file is known by its content. A part is read to its end through the handle that is open, and under whatever name it is found in the next search of the paths; nothing of it is read twice.',
  async run(trial) {
    const writing = trial.keepWriting({
      lines: 15_000,
      files: 1,
      rotation: 'rename',
      rotateLines: 3000,
      linesPerSecond: 4000,
    })
    const [reader] = await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    await trial.waitForLines(500 + trial.random.below(2000))
    reader!.process.kill('SIGSTOP')
    const [source] = await trial.query<{ path: string }>('SELECT path FROM sluice.sources')
    const twice = join(trial.logs, 'logs_0000.log.2')
    await pollUntil('it was rotated twice', () => stat(twice).catch(() => false), { timeoutMs: 30_000 })
    reader!.process.kill('SIGCONT')
    trial.tell(`${basename(source!.path)} was rotated twice behind the back of the reader`)
    const oracle = await writing
    return {
      oracle,
      async check() {
        const names = oracle.files.map(({ name }) => name).sort()
        ok(names.length === 5, `expected 5 parts, there are ${names.join(', ')}`)
        await pollUntil('every source is shown under its present name', async () => {
          const sources = await trial.query<{ path: string }>('SELECT path FROM sluice.sources')
          deepEqual(sources.map(({ path }) => basename(path)).sort(), names)
          return true
        })
      },
    }
  },
}
