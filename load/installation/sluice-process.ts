import { type ChildProcess, type ChildProcessByStdio, spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import type { Readable } from 'node:stream'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { startKeeper } from '../services/keeper.js'
import { type PollOptions, pollUntil } from '../test/poll-until.js'

const checkout = findPackageRoot()

/** The command as users run it. It has to be built. */
export const SLUICE = join(checkout, 'dist/src/main.js')

const keeper = startKeeper()

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface SluiceProcess {
  process: ChildProcess & { pid: number }
  /** What was started, for people. */
  what: string
  /** Where its ports are. */
  host(): string
  /** Whether the consumer of a group is this process. */
  isConsumer(name: string): boolean
  /** Once it has ended. */
  exit(): Exit | undefined
  /** The complete lines so far. */
  stdoutLines(): string[]
  stderrLines(): string[]
  /** Waits for a line of stdout or stderr that matches, and returns the match. Throws at once when it ends without. */
  waitForLine(pattern: RegExp, options?: PollOptions): Promise<RegExpExecArray>
  waitForExit(options?: PollOptions): Promise<Exit>
  /** Sends the signal, -9 unless told otherwise, and waits for the end. */
  kill(signal?: NodeJS.Signals, options?: PollOptions): Promise<Exit>
}

/**
 * Starts a program of the checkout, such as `dist/src/main.js`, by way of `launcher` if there is one: a command that
 * takes another and becomes it, such as `['nice', '-n', '5']`. Nothing outlives this process, even one that is killed.
 */
export function startProgram(
  script: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv = {},
  launcher: readonly string[] = [],
): SluiceProcess {
  const node = [process.execPath, resolve(checkout, script), ...args]
  const [program = process.execPath, ...programArgs] = [...launcher, ...node]
  const child = spawn(program, programArgs, {
    cwd: checkout,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  return superviseChild(child, { what: `sluice ${args.join(' ')}` })
}

export interface SupervisionOptions {
  readonly what: string
  /** Where its ports are; this machine if left out. */
  readonly host?: () => string
  /** Whether a consumer of a group is this process; by the process number in its name if left out. */
  readonly isConsumer?: (name: string) => boolean
  /** What its end means. */
  readonly toExit?: (exit: Exit) => Exit
}

/** Collects what a child prints, and ends it when this process dies. */
export function superviseChild(
  child: ChildProcessByStdio<null, Readable, Readable>,
  { what, host = () => '127.0.0.1', toExit = (exit) => exit, isConsumer }: SupervisionOptions,
): SluiceProcess {
  const { pid } = child
  if (pid === undefined) throw new Error(`${what} does not start`)
  keeper.watch(pid, 'KILL')
  const output = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    child[stream].setEncoding('utf8').on('data', (text: string) => {
      output[stream] += text
    })
  }
  let exit: Exit | undefined
  child.once('close', (code, signal) => {
    keeper.forget(pid)
    exit = toExit({ code, signal, ...output })
  })

  const withOutput = async <T>(wait: Promise<T>): Promise<T> =>
    wait.catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`${message}\n--- stdout\n${output.stdout}--- stderr\n${output.stderr}---`, { cause })
    })
  const waitForExit = (options?: PollOptions): Promise<Exit> =>
    withOutput(pollUntil(`${what} ends`, () => exit, { timeoutMs: 120_000, ...options }))

  const findLine = (pattern: RegExp): RegExpExecArray | undefined => {
    for (const line of [...completeLines(output.stdout), ...completeLines(output.stderr)]) {
      const match = new RegExp(pattern.source, pattern.flags.replace('g', '')).exec(line)
      if (match) return match
    }
    return undefined
  }
  const waitForLine = async (pattern: RegExp, options?: PollOptions): Promise<RegExpExecArray> => {
    // Both of the same moment: an exit is known only after all that was printed before it.
    const found = await pollUntil(`${what} prints ${pattern}`, () => findLine(pattern) ?? exit, {
      timeoutMs: 60_000,
      ...options,
    })
    if (Array.isArray(found)) return found
    throw new Error(`${what} ended with ${found.code ?? found.signal}, and did not print ${pattern}`)
  }

  return {
    process: Object.assign(child, { pid }),
    what,
    host,
    isConsumer: isConsumer ?? ((name) => name.includes(`-${pid}-`)),
    exit: () => exit,
    stdoutLines: () => completeLines(output.stdout),
    stderrLines: () => completeLines(output.stderr),
    waitForLine: (pattern, options) => withOutput(waitForLine(pattern, options)),
    waitForExit,
    kill: (signal = 'SIGKILL', options) => {
      child.kill(signal)
      return waitForExit(options)
    },
  }
}

/** Ends it if it still runs, as by kill -9: a stopped process takes no other signal. */
export async function endProcess(started: SluiceProcess): Promise<void> {
  if (started.exit() === undefined) await started.kill('SIGKILL')
}

function completeLines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}
