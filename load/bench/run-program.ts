import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import type { Keeper } from '../services/keeper.js'
import { type PeakMemory, watchPeakMemory } from './peak-memory.js'

export interface ProgramRun {
  /** What the program printed on stdout. */
  readonly output: string
  /** From its start to its end, its own start-up included. */
  readonly seconds: number
  readonly peakMemory: PeakMemory
}

/** Who ends what was started, when it is asked to and when this process dies. */
export interface Supervision {
  readonly signal: AbortSignal
  readonly keeper: Keeper
}

/** What is kept of stderr: the end, where the error is. */
const KEPT_STDERR_CHARACTERS = 4000

/** Runs a compiled program of this project (path from `dist/`) to its end. Rejects when it fails. */
export async function runProgram(
  path: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
  { signal, keeper }: Supervision,
): Promise<ProgramRun> {
  const program = fileURLToPath(new URL(`../../${path}`, import.meta.url))
  const startedMs = performance.now()
  const child = spawn(process.execPath, [program, ...args], {
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
    signal,
    killSignal: 'SIGTERM',
  })
  if (child.pid !== undefined) keeper.watch(child.pid, 'KILL')
  const memory = child.pid === undefined ? undefined : watchPeakMemory(child.pid)
  let output = ''
  let errors = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    output += text
  })
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-KEPT_STDERR_CHARACTERS)
  })
  let endedMs = Number.NaN
  const ended = new Promise<number | null>((resolve, reject) => {
    child.on('error', reject)
    child.on('exit', () => {
      endedMs = performance.now()
    })
    child.on('close', resolve)
  })
  let code: number | null = null
  let peakMemory: PeakMemory = { bytes: 0, largestBytes: 0, processes: 0 }
  try {
    code = await ended
  } finally {
    if (child.pid !== undefined) keeper.forget(child.pid)
    if (memory !== undefined) peakMemory = await memory.stop()
  }
  if (code !== 0)
    throw new Error(`${path} ${args.join(' ')} ended with exit code ${code}:\n${errors}${output}`)
  return { output, seconds: (endedMs - startedMs) / 1000, peakMemory }
}
