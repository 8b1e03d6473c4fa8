import { spawn } from 'node:child_process'
import type { Keeper } from '../services/keeper.js'

export interface Step {
  /** As a user would type it. */
  shownAs: string
  script: string
  args: string[]
  env?: NodeJS.ProcessEnv
}

// A command that is told to stop finishes what it has begun; the demonstration does not need what it saves.
const STOP_TIMEOUT_MS = 10_000

/**
 * Runs a program of the checkout with this terminal's output and waits for its end. When `interruption` aborts,
 * the program is told to stop, and the step throws.
 */
export async function runStep(step: Step, interruption: AbortSignal, keeper: Keeper): Promise<void> {
  interruption.throwIfAborted()
  const child = spawn(process.execPath, [step.script, ...step.args], {
    env: { ...process.env, ...step.env },
    stdio: ['ignore', 'inherit', 'inherit'],
    // A process group of its own: Ctrl-C reaches it once, through `interruption`, and not twice.
    detached: true,
  })
  if (child.pid !== undefined) keeper.watch(child.pid, 'KILL')
  let killTimer: NodeJS.Timeout | undefined
  const stop = (): void => {
    child.kill('SIGTERM')
    killTimer = setTimeout(() => child.kill('SIGKILL'), STOP_TIMEOUT_MS)
  }
  interruption.addEventListener('abort', stop, { once: true })
  try {
    const ending = await new Promise<string>((resolve, reject) => {
      child.once('error', reject)
      child.once('exit', (code, signal) => resolve(signal ?? `exit code ${code}`))
    })
    interruption.throwIfAborted()
    if (ending !== 'exit code 0') throw new Error(`"${step.shownAs}" failed: ${ending}`)
  } finally {
    clearTimeout(killTimer)
    interruption.removeEventListener('abort', stop)
    if (child.pid !== undefined) keeper.forget(child.pid)
  }
}
