import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { afterAll, onTestFinished } from 'vitest'
import { startKeeper } from '../services/keeper.js'
import { type PollOptions, pollUntil } from './poll-until.js'

const CHECKOUT = new URL('../../', import.meta.url)

/** The command as users run it. It has to be built, which `npm test` does first. */
export const SLUICE = fileURLToPath(new URL('dist/src/main.js', CHECKOUT))

const keeper = startKeeper()
const startedByHooks: (() => Promise<void>)[] = []

export interface Exit {
  code: number | null
  signal: NodeJS.Signals | null
  stdout: string
  stderr: string
}

export interface SluiceProcess {
  process: ChildProcess & { pid: number }
  /** The complete lines so far. */
  stdoutLines(): string[]
  stderrLines(): string[]
  /** Waits for a line of stdout or stderr that matches, and returns the match. */
  waitForLine(pattern: RegExp, options?: PollOptions): Promise<RegExpExecArray>
  waitForExit(options?: PollOptions): Promise<Exit>
  /** Sends the signal, -9 unless told otherwise, and waits for the end. */
  kill(signal?: NodeJS.Signals, options?: PollOptions): Promise<Exit>
}

/**
 * Starts `sluice` with `args`, by way of `launcher` if there is one: a command that takes another and becomes it,
 * such as `['nice', '-n', '5']`. What a test starts ends with the test, what a hook starts ends with the file, and
 * nothing outlives the test run, even one that is killed.
 */
export function startSluice(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  launcher: readonly string[] = [],
): SluiceProcess {
  return startNode(SLUICE, args, env, launcher)
}

/** The same for another program of the checkout, such as `dist/load/generate/main.js`. */
export function startNode(
  script: string,
  args: string[],
  env: NodeJS.ProcessEnv = {},
  launcher: readonly string[] = [],
): SluiceProcess {
  const node = [process.execPath, fileURLToPath(new URL(script, CHECKOUT)), ...args]
  const [program = process.execPath, ...programArgs] = [...launcher, ...node]
  const child = spawn(program, programArgs, {
    cwd: fileURLToPath(CHECKOUT),
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const { pid } = child
  if (pid === undefined) throw new Error(`${program} does not start`)
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
    exit = { code, signal, ...output }
  })

  const what = `sluice ${args.join(' ')}`
  const withOutput = async <T>(wait: Promise<T>): Promise<T> =>
    wait.catch((cause: unknown) => {
      const message = cause instanceof Error ? cause.message : String(cause)
      throw new Error(`${message}\n--- stdout\n${output.stdout}--- stderr\n${output.stderr}---`, { cause })
    })
  const waitForExit = (options?: PollOptions): Promise<Exit> =>
    withOutput(pollUntil(`${what} ends`, () => exit, { timeoutMs: 120_000, ...options }))
  const kill = (signal: NodeJS.Signals = 'SIGKILL', options?: PollOptions): Promise<Exit> => {
    child.kill(signal)
    return waitForExit(options)
  }
  const endIt = async (): Promise<void> => {
    if (exit) return
    // A stopped process takes no other signal, but it takes this one.
    await kill('SIGKILL')
  }
  try {
    onTestFinished(endIt)
  } catch {
    startedByHooks.push(endIt)
  }

  return {
    process: Object.assign(child, { pid }),
    stdoutLines: () => completeLines(output.stdout),
    stderrLines: () => completeLines(output.stderr),
    waitForLine: (pattern, options) =>
      withOutput(
        pollUntil(
          `${what} prints ${pattern}`,
          () => {
            for (const line of [...completeLines(output.stdout), ...completeLines(output.stderr)]) {
              const match = new RegExp(pattern.source, pattern.flags.replace('g', '')).exec(line)
              if (match) return match
            }
            if (exit) throw new Error(`it ended with ${exit.code ?? exit.signal}`)
            return undefined
          },
          { timeoutMs: 60_000, ...options },
        ),
      ),
    waitForExit,
    kill,
  }
}

afterAll(async () => {
  await Promise.all(startedByHooks.splice(0).map((endOne) => endOne()))
})

function completeLines(text: string): string[] {
  return text.split('\n').slice(0, -1)
}
