import { exitCodes } from '../errors/error-codes.js'

export interface StopSignal {
  /** Aborted by the first SIGTERM, SIGINT or SIGHUP. */
  readonly signal: AbortSignal
  /** Stops listening. */
  dispose(): void
}

/**
 * The first signal asks for a drain; the second ends the process at once, which loses nothing either: what was not
 * acknowledged is claimed by others.
 */
export function listenForStop(): StopSignal {
  const controller = new AbortController()
  const names = ['SIGTERM', 'SIGINT', 'SIGHUP'] as const
  const onSignal = (name: NodeJS.Signals) => {
    if (controller.signal.aborted) process.exit(exitCodes.interrupted)
    controller.abort(name)
  }
  for (const name of names) process.on(name, onSignal)
  return {
    signal: controller.signal,
    dispose: () => {
      for (const name of names) process.off(name, onSignal)
    },
  }
}

/** Waits for the end of a drain, at most drainMs; false when it did not come. */
export async function endsWithin(ended: Promise<void>, drainMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, drainMs, false)
  })
  try {
    return await Promise.race([ended.then(() => true), timeout])
  } finally {
    clearTimeout(timer)
  }
}
