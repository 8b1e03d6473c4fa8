import { afterAll, onTestFinished } from 'vitest'
import { endProcess, type SluiceProcess, startProgram } from '../installation/sluice-process.js'

export { type Exit, SLUICE, type SluiceProcess } from '../installation/sluice-process.js'

const startedByHooks: SluiceProcess[] = []

/** Starts `sluice` with `args`. What a test starts ends with the test, what a hook starts ends with the file. */
export function startSluice(
  args: string[],
  env: NodeJS.ProcessEnv = {},
  launcher: readonly string[] = [],
): SluiceProcess {
  return endsWithTest(startProgram('dist/src/main.js', args, env, launcher))
}

/** The same for another program of the checkout, such as `dist/load/generate/main.js`. */
export function startNode(script: string, args: string[], env: NodeJS.ProcessEnv = {}): SluiceProcess {
  return endsWithTest(startProgram(script, args, env))
}

/** Ends what was started with the test that is running, or with the file. */
export function endsWithTest(started: SluiceProcess): SluiceProcess {
  try {
    onTestFinished(() => endProcess(started))
  } catch {
    startedByHooks.push(started)
  }
  return started
}

afterAll(async () => {
  await Promise.all(startedByHooks.splice(0).map(endProcess))
})
