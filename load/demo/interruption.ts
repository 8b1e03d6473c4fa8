import { constants } from 'node:os'

/** The reason of an abort by signal. */
export class Interrupted extends Error {
  constructor(readonly signal: 'SIGINT' | 'SIGTERM' | 'SIGHUP') {
    super(`interrupted by ${signal}`)
  }

  /** As a shell reports it. */
  get exitCode(): number {
    return 128 + constants.signals[this.signal]
  }
}

/** Aborts at the first SIGINT, SIGTERM or SIGHUP; the second ends the process at once. */
export function interruptionBySignal(): AbortSignal {
  const controller = new AbortController()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      const interrupted = new Interrupted(signal)
      // What is still there then is ended and removed by the keepers.
      if (controller.signal.aborted) process.exit(interrupted.exitCode)
      controller.abort(interrupted)
    })
  }
  return controller.signal
}
