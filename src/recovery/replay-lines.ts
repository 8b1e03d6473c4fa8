import type pg from 'pg'
import { type DeadLetterSelection, selectLinePage, selectNewestId } from '../dead-letters/selection.js'
import { SluiceError } from '../errors/sluice-error.js'
import { Partitions, type PartitionWindow } from '../indexer/partitions.js'
import { selectKnownRecords } from '../ledger/records.js'
import { throughShortOutages } from '../lifecycle/short-outages.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { ParseScratch, parseDeadLetters } from './parse-dead-letters.js'
import { type JudgedLetter, replayPage, setDuplicatesAside, setRefusedRowsAside } from './replay-page.js'
import { type ReplayReport, ReplayTally } from './replay-report.js'

export interface ReplayOptions {
  readonly pool: pg.Pool
  readonly registry: LogTypeRegistry
  readonly partitions: PartitionWindow
  readonly selection: DeadLetterSelection
  /** Only find out what would become of the lines. */
  readonly dryRun: boolean
  readonly samplesOfEach: number
  /** Told after every page. */
  readonly onProgress: (linesSoFar: number) => void
  readonly stop: AbortSignal
}

/**
 * What one transaction takes: the batches of its lines are locked for so long. More save commits; fewer keep a
 * reprocessing of the same lines waiting for less.
 */
const page = { lines: 2000, bytes: 8 * 1024 * 1024, rawBytes: 2 ** 30 }

/**
 * Makes rows of dead letters that today's declarations accept, page by page. Each page is one transaction, so whatever
 * interrupts it, each line is a row or a dead letter, and running it again goes on.
 * @throws SluiceError SLUICE_INTERRUPTED, SLUICE_POSTGRES_UNREACHABLE
 */
export async function replayLines(options: ReplayOptions): Promise<ReplayReport> {
  const { pool, registry, selection, dryRun, stop } = options
  const partitions = new Partitions(pool, options.partitions)
  const scratch = new ParseScratch()
  const tally = new ReplayTally(options.samplesOfEach)
  const persistently = <T>(work: () => Promise<T>) => throughShortOutages(work, stop)
  const newestId = await persistently(() => selectNewestId(pool))
  let lines = 0
  for (let afterId = 0; ; ) {
    if (stop.aborted) {
      throw new SluiceError('SLUICE_INTERRUPTED', `interrupted after ${lines} lines`, {
        hint: 'What was replayed stays so. Run the same command again for the rest.',
      })
    }
    const found = await persistently(() => selectLinePage(pool, selection, afterId, newestId, page))
    if (found === undefined) return tally.report()
    afterId = found.lastId
    const verdicts = parseDeadLetters(found.lines, registry, scratch)
    const judged = found.lines.map((letter, index) => ({ letter, verdict: verdicts[index]! }))
    const settled = await persistently(() =>
      dryRun ? lookAhead(pool, judged) : replayPage(pool, partitions, judged, selection.withDropped ?? false),
    )
    for (const one of settled) tally.add(one)
    tally.addGone(judged.length - settled.length)
    lines += judged.length
    options.onProgress(lines)
  }
}

/**
 * What replayPage would make of the verdicts, and nothing is noted. What Postgres refuses only it can tell. Trying all
 * rows would fill the tables with rows that are taken back; those that it refused before are few.
 */
async function lookAhead(pool: pg.Pool, judged: readonly JudgedLetter[]): Promise<readonly JudgedLetter[]> {
  const wasRefused = ({ letter }: JudgedLetter) => letter.reason === 'refused_by_postgres'
  const tried = await setRefusedRowsAside(pool, judged.filter(wasRefused))
  const rest = [...judged.filter((one) => !wasRefused(one)), ...tried]
  return setDuplicatesAside(pool, rest, selectKnownRecords)
}
