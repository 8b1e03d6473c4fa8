import { type ChildProcess, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { SluiceError } from '../errors/sluice-error.js'
import type { LoopHealth, Progress } from '../http/progress.js'
import { sleep } from '../lifecycle/sleep.js'
import type { Declaration } from '../log-types/declaration/declaration.js'
import type { Settings } from '../settings/declaration.js'
import type { ProcessMetrics } from '../telemetry/process-metrics.js'
import type { Telemetry } from '../telemetry/telemetry.js'
import type { RoleTelemetry, WorkerRole } from './roles.js'

/** The first message to the process; others are 'stop', and 'metrics' to be told those of the process. */
export interface WorkerStart {
  readonly settings: Settings
  /** Of the active log types, checked: files that changed since this process started mean nothing to its workers. */
  readonly declarations: readonly Declaration[]
  /** Unique per process. */
  readonly consumer: string
  /** Of the indexer in it. */
  readonly keepPartitions: boolean
}

/** What the process tells: an event of a role's telemetry, every second how its loops get on, what it was asked for. */
export type WorkerMessage =
  | { readonly kind: 'event'; readonly role: WorkerRole; readonly name: string; readonly event: unknown[] }
  | { readonly kind: 'loops'; readonly loops: readonly LoopHealth[] }
  | { readonly kind: 'metrics'; readonly metrics: ProcessMetrics }

export interface WorkerProcessOptions extends WorkerStart {
  readonly telemetry: RoleTelemetry
  readonly progress: Progress
  /** Shows the metrics of the process. */
  readonly addProcess: Telemetry['addProcess']
  readonly stop: AbortSignal
}

const program = fileURLToPath(new URL('./worker-process-main.js', import.meta.url))

/** What becomes garbage are buffers outside of the heap: a larger young generation costs 17 MiB and gains nothing. */
const youngGeneration = '--max-semi-space-size=4'

/** In /healthz, for the process as a whole: one whose event loop is blocked tells nothing of its loops. */
const wholeProcess = 'worker process'
/** It tells of its loops every second; loading its modules takes longer. */
const allowedSilenceMs = 120_000

const restartPauseMs = 1000
/** A process that lives no longer than this, and the next ones neither, will not live longer the next time. */
const shortLifeMs = 10_000
const maxShortLives = 5

/** Starts a process that waits to be told what to do: loading its modules takes longer than anything else. */
export function forkWorker(): ChildProcess {
  return fork(program, { serialization: 'advanced', execArgv: [...process.execArgv, youngGeneration] })
}

/**
 * Runs parser and indexer in a process beside the reader's: the work of all three is more than one core's, and more
 * memory than one process should have. What they tell is told here, so that metrics and logs are those of this
 * process; its own (processor, memory) are shown beside those of this one. A worker that dies is replaced; what it had
 * in hand is claimed as from any dead consumer. Resolves when it has drained after `stop`. `forked`: used first, if it
 * still runs.
 * @throws SluiceError SLUICE_WORKER_DIES
 */
export async function runWorkerProcess(options: WorkerProcessOptions, forked?: ChildProcess): Promise<void> {
  const { progress } = options
  progress.register(wholeProcess, allowedSilenceMs)
  try {
    await keepAlive(options, forked)
  } finally {
    progress.remove(wholeProcess)
  }
}

async function keepAlive(options: WorkerProcessOptions, forked?: ChildProcess): Promise<void> {
  const { telemetry, stop } = options
  let shortLives = 0
  for (let life = 1; ; life++) {
    const beganMs = performance.now()
    const child = life === 1 && forked !== undefined && isAlive(forked) ? forked : forkWorker()
    const died = await liveOnce(child, { ...options, consumer: `${options.consumer}-${life}` })
    telemetry.parser.waitingEnded()
    telemetry.indexer.waitingEnded()
    if (died === undefined || stop.aborted) return
    shortLives = performance.now() - beganMs < shortLifeMs ? shortLives + 1 : 0
    if (shortLives === maxShortLives) {
      throw new SluiceError('SLUICE_WORKER_DIES', 'the worker process dies again and again', { cause: died })
    }
    telemetry.parser.loopFailed({ loop: 'worker process', error: died, retryInMs: restartPauseMs })
    await sleep(restartPauseMs, stop)
    if (stop.aborted) return
  }
}

function isAlive({ connected, exitCode, signalCode }: ChildProcess): boolean {
  return connected && exitCode === null && signalCode === null
}

/** Resolves to undefined after an orderly end, and to what happened after any other. */
function liveOnce(child: ChildProcess, options: WorkerProcessOptions): Promise<Error | undefined> {
  const { settings, declarations, consumer, keepPartitions, telemetry, progress, stop } = options
  const start: WorkerStart = { settings, declarations, consumer, keepPartitions }
  child.send(start)
  const tellToStop = () => {
    if (child.connected) child.send('stop')
  }
  if (stop.aborted) tellToStop()
  stop.addEventListener('abort', tellToStop, { once: true })
  let gotMetrics: (metrics: ProcessMetrics) => void = () => {}
  const forgetMetrics = options.addProcess(
    () =>
      new Promise((resolve) => {
        gotMetrics = resolve
        if (child.connected) child.send('metrics')
        else resolve([])
      }),
  )
  return new Promise<Error | undefined>((resolve) => {
    child.on('message', (message: WorkerMessage) => {
      if (message.kind === 'metrics') return gotMetrics(message.metrics)
      if (message.kind === 'loops') {
        progress.beat(wholeProcess)
        return progress.mirror(message.loops)
      }
      const told: unknown = Reflect.get(telemetry[message.role], message.name)
      if (typeof told === 'function') Reflect.apply(told, undefined, message.event)
    })
    // Could not be started, or told something after its end: `exit` follows, or there was no process at all.
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(error)
    })
    child.once('exit', (code, signal) => {
      resolve(code === 0 ? undefined : new Error(`the worker process ended with ${code ?? signal}`))
    })
  }).finally(() => {
    stop.removeEventListener('abort', tellToStop)
    forgetMetrics()
    progress.mirror([])
  })
}
