import type { Failpoint } from '../../src/lifecycle/failpoints.js'
import type { SluiceProcess } from '../installation/sluice-process.js'
import type { Trial } from './trial.js'

/** Waits until the process is at the failpoint, where it has stopped or hangs. Throws when it ends without. */
export async function waitForFailpoint(trial: Trial, one: SluiceProcess, point: Failpoint): Promise<void> {
  await one.waitForLine(said(point), { intervalMs: 10 })
  trial.tell(`process ${one.process.pid} is at ${point}`)
}

/** Waits until the process has been killed at the failpoint. Throws when it ends in any other way. */
export async function waitForDeathAt(trial: Trial, one: SluiceProcess, point: Failpoint): Promise<void> {
  const { signal, stderr } = await one.waitForExit({ timeoutMs: 30_000, intervalMs: 10 })
  if (signal !== 'SIGKILL' || !said(point).test(stderr)) {
    throw new Error(`${one.what} was to be killed at ${point}, and ended with ${signal}: ${stderr}`)
  }
  trial.tell(`process ${one.process.pid} was killed at ${point}`)
}

function said(point: Failpoint): RegExp {
  return new RegExp(`"failpoint":"${point.replaceAll('.', '\\.')}"`)
}
