import { copyFile, cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Trial } from './trial.js'

export interface FailedRun {
  readonly name: string
  readonly title: string
  /** What repeats it. */
  readonly again: string
  readonly trial: Trial
  readonly timeline: readonly string[]
  readonly error: Error
}

/** Leaves what one needs to find out why, before processes and servers are taken down. */
export async function keepEvidence(directory: string, run: FailedRun): Promise<void> {
  const { name: runName, title, again, trial, timeline, error } = run
  const write = (name: string, text: string) => writeFile(join(directory, name), text)
  await write(
    'README.txt',
    [`${runName}: ${title}`, `Again: ${again}`, '', error.stack ?? String(error), '', ...timeline, ''].join(
      '\n',
    ),
  )
  for (const [command, name] of [
    [['status', '--json'], 'status.json'],
    [['reconcile', '--json'], 'reconcile.json'],
    [['dead-letters', 'list', '--json'], 'dead-letters.json'],
  ] as const) {
    // With servers down these say so; that is evidence, too.
    const exit = await trial
      .sluice([...command])
      .catch((cause: unknown) => ({ stdout: '', stderr: String(cause) }))
    await write(name, exit.stdout + exit.stderr)
  }
  for (const [index, one] of trial.processes.entries()) {
    const log = [...one.stdoutLines(), ...one.stderrLines()].join('\n')
    await write(`process-${String(index).padStart(2, '0')}.log`, `${one.what}\n${log}\n`)
  }
  for (const log of ['postgres.log', 'redis.log']) {
    await copyFile(join(trial.services.directory, log), join(directory, log)).catch(() => undefined)
  }
  await cp(trial.logs, join(directory, 'logs'), { recursive: true }).catch(() => undefined)
}
