import { appendFile } from 'node:fs/promises'
import { pollUntil } from '../../../test/poll-until.js'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents } from './known-lines.js'

export const alikeBeginnings: Scenario = {
  name: 'data-alike-beginnings',
  faults: [56],
  compose: true,
  title:
    'Files that are not the same begin alike: for hundreds of lines, for one line, and one that looks like a copy until it goes on otherwise.',
  observe:
    '`sluice reconcile --json` shows each file as a source with all its lines, those of the common beginning included.',
  discuss:
    'Many tools know a file by a hash of its first bytes. Which of your logs begin with the same banner, and what happens to the second of them?',
  recovery:
    'The first KiB only finds candidates. Whether a file is one of them is decided by what is recorded of it, chunk by chunk; where the two part, the file becomes a source of its own and is read from its beginning.',
  async run(trial) {
    const lines = drawLines(trial.seed, 4000)
    const common = lines.slice(0, 700 + trial.random.below(300))
    const banner = lines.slice(1000, 1001)
    const later = [...common, ...lines.slice(1700, 1800)]
    const contents = [
      { name: 'a.log', lines: [...common, ...lines.slice(1100, 1500)] },
      { name: 'b.log', lines: [...common, ...lines.slice(1500, 1700)] },
      { name: 'c.log', lines: [...banner, ...lines.slice(1800, 1801)] },
      { name: 'd.log', lines: [...banner, ...lines.slice(1801, 1802)] },
      { name: 'e.log', lines: [...banner, ...lines.slice(1802, 2600)] },
    ]
    await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    for (const { name, lines } of contents) await trial.writeLog(name, contentOf(lines))
    await trial.waitForLines(contents.flatMap((content) => content.lines).length)

    const path = await trial.writeLog('f.log', contentOf(common))
    await pollUntil('the beginning is taken for a copy', async () => {
      const known = await trial.query('SELECT FROM sluice.files WHERE path = $1', [path])
      return known.length === 1
    })
    trial.tell('the beginning of a.log in f.log was taken for a copy')
    await appendFile(path, contentOf(later.slice(common.length)))
    return expectContents(trial, [...contents, { name: 'f.log', lines: later }])
  },
}
