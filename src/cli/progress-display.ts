import cliProgress from 'cli-progress'

/** What is shown of a state of the work. */
export interface ShownProgress {
  readonly done: number
  readonly total: number
  /** Since the beginning. */
  readonly seconds: number
  /** How far it is first. */
  readonly figures: readonly string[]
  /** Shown in lines only: beside a bar there is no room for it. */
  readonly furtherFigures?: readonly string[]
}

export interface ProgressDisplay {
  update(progress: ShownProgress): void
  /** Leaves what is shown as it is; more than once does no harm. */
  stop(): void
}

/** A bar on a terminal; elsewhere a line now and then, so that a log shows that something happens. */
export function createProgressDisplay(stream: NodeJS.WriteStream): ProgressDisplay {
  return stream.isTTY ? createBar(stream) : createLines(stream)
}

function createBar(stream: NodeJS.WriteStream): ProgressDisplay {
  const bar = new cliProgress.SingleBar(
    {
      format: '{bar} {figures}',
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
    update({ done, total, figures }) {
      const payload = { figures: figures.join(' | ') }
      if (!started) bar.start(total, 0, payload)
      started = true
      bar.update(done, payload)
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
    update({ seconds, figures, furtherFigures = [] }) {
      if (seconds < nextAt) return
      nextAt = seconds + lineEverySeconds
      stream.write(`${[...figures, ...furtherFigures].join(' · ')}\n`)
    },
    stop: () => {},
  }
}
