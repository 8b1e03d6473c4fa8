import cliProgress from 'cli-progress'
import type { IngestProgress } from '../app/ingest.js'
import { formatBytes, formatCount, formatSeconds } from './output.js'

export interface ProgressDisplay {
  update(progress: IngestProgress): void
  stop(): void
}

/** A bar on a terminal; elsewhere a line now and then, so that a log shows that something happens. */
export function createProgressDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY ? createBar(stream) : createLines(stream)
}

interface Figures {
  readonly share: number
  readonly lines: string
  readonly rate: string
  readonly backlog: string
  readonly dead: string
  readonly remaining: string
}

/** Pure: what the display shows. The rate is that of the whole run, so it is steady and the remaining time with it. */
export function describeProgress({ reader, rows, deadLetters, seconds, indexes }: IngestProgress): Figures {
  const done = rows + deadLetters
  const readShare = reader.totalBytes === 0 ? 1 : reader.readBytes / reader.totalBytes
  // How many lines the files hold is known only for what was read.
  const expected = readShare > 0 ? Math.max(done, reader.recordedLines / readShare) : 0
  const share = expected > 0 ? Math.min(1, done / expected) : reader.atEnd ? 1 : 0
  const rate = seconds > 0 ? done / seconds : 0
  return {
    share,
    lines: formatCount(done),
    rate: formatCount(Math.round(rate)),
    backlog: formatCount(Math.max(0, reader.recordedLines - done)),
    dead: formatCount(deadLetters),
    remaining:
      indexes !== undefined
        ? `indexes of ${formatCount(indexes.builtPartitions)}/${formatCount(indexes.totalPartitions)} partitions`
        : rate > 0
          ? `${formatSeconds((expected - done) / rate)} left`
          : 'time left unknown',
  }
}

function createBar(stream: NodeJS.WriteStream): ProgressDisplay {
  const bar = new cliProgress.SingleBar(
    {
      format:
        '{bar} {percentage}% | {lines} lines | {rate}/s | {backlog} in flight | {dead} dead letters | {remaining}',
      stream,
      hideCursor: true,
      clearOnComplete: false,
      barsize: 24,
      emptyOnZero: true,
    },
    cliProgress.Presets.shades_classic,
  )
  let started = false
  return {
    update(progress) {
      const figures = describeProgress(progress)
      if (!started) bar.start(1000, 0, { ...figures })
      started = true
      bar.update(Math.round(figures.share * 1000), { ...figures })
    },
    stop: () => {
      if (started) bar.stop()
    },
  }
}

const lineEverySeconds = 5

function createLines(stream: NodeJS.WriteStream): ProgressDisplay {
  let nextAt = lineEverySeconds
  return {
    update(progress) {
      if (progress.seconds < nextAt) return
      nextAt = progress.seconds + lineEverySeconds
      const { share, lines, rate, backlog, dead, remaining } = describeProgress(progress)
      stream.write(
        `${Math.round(share * 100)}% · ${lines} lines · ${rate}/s · ${backlog} in flight · ${dead} dead letters · ${remaining} · ${formatBytes(progress.reader.readBytes)} read\n`,
      )
    },
    stop: () => {},
  }
}
