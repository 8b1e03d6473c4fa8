import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'

type Told = { readonly kind: 'ready' } | { readonly kind: 'done'; readonly result: unknown }

/** A process that has connected and loaded what it needs, and waits for the clock to start. */
export interface TimedProcess<Result> {
  readonly process: ChildProcess
  readonly ready: Promise<void>
  /** Rejects when the process ends without a result. */
  readonly result: Promise<Result>
  start(): void
}

/** Starts a compiled module, given beside the caller, that calls `serveTimedWork`. */
export function startTimedProcess<Work, Result>(
  module: string,
  caller: string,
  work: Work,
): TimedProcess<Result> {
  const child = fork(fileURLToPath(new URL(module, caller)))
  const ended = new Promise<never>((_, reject) => {
    child.once('error', reject)
    child.once('exit', (code, signal) => reject(new Error(`${module} ended with ${code ?? signal}.`)))
  })
  const told = (kind: Told['kind']) =>
    new Promise<Told>((resolve) => {
      child.on('message', (message: Told) => {
        if (message.kind === kind) resolve(message)
      })
    })
  const ready = Promise.race([told('ready').then(() => undefined), ended])
  const result = Promise.race([
    told('done').then((message) => (message.kind === 'done' ? (message.result as Result) : ended)),
    ended,
  ])
  // Whoever awaits one of them sees the failure; the other one must not count as unhandled.
  for (const promise of [ready, result]) promise.catch(() => undefined)
  child.send({ work })
  return { process: child, ready, result, start: () => child.send({ start: true }) }
}

/** Starts all of them at the same moment and returns their results with the seconds until the last had its own. */
export async function runTogether<Result>(
  processes: readonly TimedProcess<Result>[],
): Promise<{ readonly results: Result[]; readonly seconds: number }> {
  try {
    await Promise.all(processes.map(({ ready }) => ready))
    const startedMs = performance.now()
    for (const one of processes) one.start()
    const results = await Promise.all(processes.map(({ result }) => result))
    return { results, seconds: (performance.now() - startedMs) / 1000 }
  } finally {
    await Promise.all(processes.map(({ process }) => endProcess(process)))
  }
}

/** Waits for it, so that what it used counts as its parent's, and kills it first if it does not end by itself. */
async function endProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const exit = new Promise((resolve) => child.once('exit', resolve))
  if (child.connected) child.kill()
  await exit
}

/** The other side: `prepare` runs before the clock starts, what it returns is what is timed. */
export function serveTimedWork<Work, Result>(prepare: (work: Work) => Promise<() => Promise<Result>>): void {
  const fail = (error: unknown) => {
    console.error(error)
    process.exit(1)
  }
  // Also when the parent dies: nobody is left to tell.
  process.once('disconnect', () => process.exit())
  process.once('message', ({ work }: { work: Work }) => {
    prepare(work).then((run) => {
      process.once('message', () => {
        run().then((result) => {
          process.send?.({ kind: 'done', result } satisfies Told)
          process.disconnect()
        }, fail)
      })
      process.send?.({ kind: 'ready' } satisfies Told)
    }, fail)
  })
}
