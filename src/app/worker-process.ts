import { fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { sleep } from '../lifecycle/sleep.js'
import type { Settings } from '../settings/declaration.js'
import type { ParserTelemetry } from '../telemetry/parser-telemetry.js'

/** The first message to the process; the next is 'stop'. */
export interface ParserProcessStart {
  readonly settings: Settings
  /** Unique per process. */
  readonly consumer: string
}

/** What the process tells: an event of its telemetry, or that it has got on. */
export type ParserProcessMessage =
  | { readonly kind: 'event'; readonly name: keyof ParserTelemetry; readonly event: unknown[] }
  | { readonly kind: 'beat' }

export interface ParserProcessOptions extends ParserProcessStart {
  readonly telemetry: ParserTelemetry
  readonly beat: () => void
  readonly stop: AbortSignal
}

const program = fileURLToPath(new URL('./parser-process-main.js', import.meta.url))

const restartPauseMs = 1000

/**
 * Runs a parser in a process of its own: what it computes keeps nobody else waiting, and what kills it kills nothing
 * else. Its events are told here, so that metrics and logs are those of this process. One that dies is started
 * again; what it had in hand is claimed as from any dead consumer. Resolves when it has drained after `stop`.
 */
export async function runParserProcess(options: ParserProcessOptions): Promise<void> {
  const { telemetry, stop } = options
  for (let life = 1; ; life++) {
    const died = await liveOnce({ ...options, consumer: `${options.consumer}-${life}` })
    if (died === undefined || stop.aborted) return
    telemetry.loopFailed({ loop: 'parser process', error: died, retryInMs: restartPauseMs })
    await sleep(restartPauseMs, stop)
    if (stop.aborted) return
  }
}

/** Resolves to undefined after an orderly end, and to what happened after any other. */
function liveOnce(options: ParserProcessOptions): Promise<Error | undefined> {
  const { settings, consumer, telemetry, beat, stop } = options
  const child = fork(program, { serialization: 'advanced' })
  const start: ParserProcessStart = { settings, consumer }
  child.send(start)
  const tellToStop = () => {
    if (child.connected) child.send('stop')
  }
  if (stop.aborted) tellToStop()
  stop.addEventListener('abort', tellToStop, { once: true })
  return new Promise<Error | undefined>((resolve) => {
    child.on('message', (message: ParserProcessMessage) => {
      if (message.kind === 'beat') beat()
      else Reflect.apply(telemetry[message.name], telemetry, message.event)
    })
    // Could not be started, or told something after its end: `exit` follows, or there was no process at all.
    child.on('error', (error) => {
      if (child.pid === undefined) resolve(error)
    })
    child.once('exit', (code, signal) => {
      resolve(code === 0 ? undefined : new Error(`the parser's process ended with ${code ?? signal}`))
    })
  }).finally(() => stop.removeEventListener('abort', tellToStop))
}
