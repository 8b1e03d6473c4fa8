import { deepEqual, equal } from 'node:assert/strict'
import { copyFile, mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'
import { pollUntil } from '../../../test/poll-until.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'
import type { Trial } from '../../trial.js'
import { contentOf, drawLines, expectContents } from './known-lines.js'

const compress = promisify(gzip)

export const compressedAndCopied: Scenario = {
  name: 'data-compressed-and-copied',
  faults: [54, 55],
  compose: true,
  title:
    'Files that were read are rotated and compressed, and copied to other places below the followed directory.',
  observe:
    '`sluice_reader_lines_total` does not rise. `SELECT path, source_id FROM sluice.files` shows the copies as further places of the sources that there are, and `sluice reconcile --json` shows the compressed one under its new name.',
  discuss:
    'An analyst copies last week into the log directory "to have a look". What does that do to a dashboard of failed logins, and to the trust in it?',
  recovery:
    'A file is known by its content, of gzip by what is in it. A copy is compared with what is recorded of its source, chunk by chunk; only what goes beyond is read.',
  async run(trial) {
    const lines = drawLines(trial.seed, 3000)
    const [first, second, third] = [lines.slice(0, 1500), lines.slice(1500, 2700), lines.slice(2700)]
    const [reader] = await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    const log = await trial.writeLog('a.log', contentOf(first))
    const other = await trial.writeLog('b.log', contentOf(second))
    await trial.waitForLines(2700)

    await rename(log, `${log}.1`)
    await writeFile(`${log}.1.gz`, await compress(await readFile(`${log}.1`)))
    await rm(`${log}.1`)
    await mkdir(join(trial.logs, 'last-week'))
    const copies = [join(trial.logs, 'b-copy.log'), join(trial.logs, 'last-week', 'b.log.gz')]
    await copyFile(other, copies[0]!)
    await writeFile(copies[1]!, await compress(contentOf(second)))
    await waitUntilKnown(trial, [`${log}.1.gz`, ...copies])
    equal(await readMetric(reader!, 'sluice_reader_lines_total'), 2700, 'lines read so far')
    await trial.writeLog('a.log', contentOf(third))
    return expectContents(
      trial,
      [
        { name: 'a.log.1.gz', lines: first },
        { name: 'b.log', lines: second },
        { name: 'a.log', lines: third },
      ],
      async () => {
        const sources = await trial.query<{ path: string }>('SELECT path FROM sluice.sources')
        deepEqual(sources.map(({ path }) => basename(path)).sort(), ['a.log', 'a.log.1.gz', 'b.log'])
      },
    )
  },
}

/** The reader has compared them to their ends. */
async function waitUntilKnown(trial: Trial, paths: readonly string[]): Promise<void> {
  await pollUntil(
    `${paths.join(', ')} are known`,
    async () => {
      const known = await trial.query('SELECT FROM sluice.files WHERE path = ANY($1)', [paths])
      return known.length === paths.length
    },
    { timeoutMs: 30_000 },
  )
}
