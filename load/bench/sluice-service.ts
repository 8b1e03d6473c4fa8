import { type ChildProcess, spawn } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { findFreePort } from '../services/free-port.js'
import { readCpuSeconds } from './process-cpu.js'
import type { Supervision } from './run-program.js'

export type SluiceRole = 'reader' | 'parser' | 'indexer' | 'all'

/** A running `sluice run`. */
export interface SluiceService {
  readonly role: SluiceRole
  /** So far; null without /proc. */
  cpuSeconds(): Promise<number | null>
  /** The most that was resident so far; null without /proc. */
  peakBytes(): Promise<number | null>
  /** Rejects if it ended by itself. */
  requireAlive(): void
  /** SIGTERM, and the end. */
  stop(): Promise<void>
}

const READY_TIMEOUT_MS = 30_000
const SLUICE = fileURLToPath(new URL('../../src/main.js', import.meta.url))

/** Starts `sluice run` with default settings but a free port, and waits until it says that it is ready. */
export async function startSluice(
  role: SluiceRole,
  paths: readonly string[],
  env: Readonly<Record<string, string>>,
  { signal, keeper }: Supervision,
): Promise<SluiceService> {
  const port = await findFreePort()
  const child = spawn(process.execPath, [SLUICE, 'run', '--role', role, ...paths], {
    env: { ...process.env, SLUICE_LOG_LEVEL: 'warn', ...env, SLUICE_HTTP_PORT: String(port) },
    stdio: ['ignore', 'ignore', 'pipe'],
  })
  const pid = child.pid ?? 0
  if (pid > 0) keeper.watch(pid, 'KILL')
  child.once('exit', () => keeper.forget(pid))
  let errors = ''
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors = (errors + text).slice(-4000)
  })
  const requireAlive = () => {
    signal.throwIfAborted()
    if (child.exitCode === null && child.signalCode === null) return
    throw new Error(`sluice run --role ${role} ended with ${child.exitCode ?? child.signalCode}:\n${errors}`)
  }
  const service: SluiceService = {
    role,
    cpuSeconds: () => readCpuSeconds(pid),
    peakBytes: () => readPeakBytes(pid),
    requireAlive,
    stop: () => stopProcess(child),
  }
  try {
    await waitUntilReady(port, requireAlive)
    return service
  } catch (error) {
    await service.stop()
    throw error
  }
}

async function waitUntilReady(port: number, requireAlive: () => void): Promise<void> {
  const deadlineMs = performance.now() + READY_TIMEOUT_MS
  for (;;) {
    requireAlive()
    const answer = await fetch(`http://127.0.0.1:${port}/readyz`).catch(() => undefined)
    await answer?.arrayBuffer()
    if (answer?.ok) return
    if (performance.now() > deadlineMs) throw new Error('sluice run is not ready in time.')
    await sleep(50)
  }
}

async function readPeakBytes(pid: number): Promise<number | null> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '')
  const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
  return kibibytes === undefined ? null : Number(kibibytes) * 1024
}

async function stopProcess(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  const ended = new Promise((resolve) => child.once('exit', resolve))
  child.kill('SIGTERM')
  const killing = setTimeout(() => child.kill('SIGKILL'), 30_000)
  await ended
  clearTimeout(killing)
}
