import cliProgress from 'cli-progress'
import type { ReprocessProgress } from '../recovery/reprocess-result.js'
import { formatCount, formatSeconds } from './output.js'

export interface ReprocessDisplay {
  update(progress: ReprocessProgress): void
  stop(): void
}

/** A bar on a terminal; elsewhere a line now and then. */
export function createReprocessDisplay(stream: NodeJS.WriteStream): ReprocessDisplay {
  return stream.isTTY ? createBar(stream) : createLines(stream)
}

function describe({ batches, totalBatches, lines, seconds }: ReprocessProgress) {
  return {
    lines: formatCount(lines),
    rate: formatCount(seconds > 0 ? Math.round(lines / seconds) : 0),
    remaining:
      batches > 0
        ? `${formatSeconds((seconds / batches) * Math.max(0, totalBatches - batches))} left`
        : 'time left unknown',
  }
}

function createBar(stream: NodeJS.WriteStream): ReprocessDisplay {
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {value}/{total} batches | {lines} lines | {rate}/s | {remaining}',
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
      if (!started) bar.start(progress.totalBatches, 0, describe(progress))
      started = true
      bar.update(progress.batches, describe(progress))
    },
    stop: () => {
      if (started) bar.stop()
    },
  }
}

const lineEverySeconds = 5

function createLines(stream: NodeJS.WriteStream): ReprocessDisplay {
  let nextAt = lineEverySeconds
  return {
    update(progress) {
      if (progress.seconds < nextAt) return
      nextAt = progress.seconds + lineEverySeconds
      const { lines, rate, remaining } = describe(progress)
      const of = `${formatCount(progress.batches)} of ${formatCount(progress.totalBatches)} batches`
      stream.write(`${of} · ${lines} lines · ${rate}/s · ${remaining}\n`)
    },
    stop: () => {},
  }
}
