import type { IngestProgress } from '../app/ingest.js'
import { formatBytes, formatCount, formatRate, formatSeconds } from './output.js'
import type { ShownProgress } from './progress-display.js'

/** How many lines there are in all is estimated; whole per mille are known well enough. */
const steps = 1000

/** The rate is that of the whole run, so it is steady and the remaining time with it. */
export function showIngest({ reader, rows, deadLetters, seconds, indexes }: IngestProgress): ShownProgress {
  const done = rows + deadLetters
  const readShare = reader.totalBytes === 0 ? 1 : reader.readBytes / reader.totalBytes
  // How many lines the files hold is known only for what was read.
  const expected = readShare > 0 ? Math.max(done, reader.recordedLines / readShare) : 0
  const share = expected > 0 ? Math.min(1, done / expected) : reader.atEnd ? 1 : 0
  const rate = seconds > 0 ? done / seconds : 0
  const remaining =
    indexes !== undefined
      ? `indexes of ${formatCount(indexes.builtPartitions)}/${formatCount(indexes.totalPartitions)} partitions`
      : rate > 0
        ? `${formatSeconds((expected - done) / rate)} left`
        : 'time left unknown'
  return {
    done: Math.round(share * steps),
    total: steps,
    seconds,
    figures: [
      // Not 100 % before it is all.
      `${Math.floor(share * 100)}%`,
      `${formatCount(done)} lines`,
      `${formatRate(done, seconds)}/s`,
      `${formatCount(Math.max(0, reader.recordedLines - done))} in flight`,
      `${formatCount(deadLetters)} dead letters`,
      remaining,
    ],
    furtherFigures: [`${formatBytes(reader.readBytes)} read`],
  }
}
