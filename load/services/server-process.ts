import { type ChildProcess, spawn } from 'node:child_process'
import { closeSync, openSync, readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Keeper } from './keeper.js'

export interface ServerCommand {
  binary: string
  name?: string
  args: string[]
  cwd: string
  /** The account to run under; left out: the own one. */
  account?: { uid: number; gid: number }
  /** Receives stdout and stderr. A file, because a pipe would break when the parent is gone. */
  logFile: string
}

/** A server that runs in a process group of its own, so that Ctrl-C reaches whoever uses it before it does. */
export class ServerProcess {
  readonly pid: number
  readonly exited: Promise<void>
  #running = true

  private constructor(
    child: ChildProcess & { pid: number },
    readonly command: ServerCommand,
    keeper: Keeper,
  ) {
    this.pid = child.pid
    this.exited = new Promise((resolve) => {
      child.once('exit', () => {
        this.#running = false
        keeper.forget(this.pid)
        resolve()
      })
    })
    // A program that forgets to stop its servers can still end; the keeper then ends them.
    child.unref()
  }

  /** @param lastSignal what the keeper sends when this process dies without having stopped the server. */
  static async start(
    command: ServerCommand,
    keeper: Keeper,
    lastSignal: 'INT' | 'TERM' | 'QUIT',
  ): Promise<ServerProcess> {
    const log = openSync(command.logFile, 'a')
    try {
      const child = spawn(command.binary, command.args, {
        argv0: command.name ?? command.binary,
        cwd: command.cwd,
        detached: true,
        env: withoutPostgresVariables(process.env),
        stdio: ['ignore', log, log],
        ...command.account,
      })
      await new Promise<void>((resolve, reject) => {
        child.once('spawn', resolve)
        child.once('error', reject)
      })
      if (child.pid === undefined) throw new Error(`${command.binary} has no pid`)
      keeper.watch(child.pid, lastSignal)
      return new ServerProcess(Object.assign(child, { pid: child.pid }), command, keeper)
    } finally {
      closeSync(log)
    }
  }

  get running(): boolean {
    return this.#running
  }

  /** Polls `isReady` until it is true; false when the server ended before. */
  async waitUntilReady(isReady: () => Promise<boolean>, timeoutMs: number): Promise<boolean> {
    const deadline = Date.now() + timeoutMs
    while (this.#running) {
      if (await isReady()) return true
      if (Date.now() > deadline) {
        throw new Error(`${this.command.binary} did not get ready in ${timeoutMs} ms:\n${this.logTail()}`)
      }
      await sleep(50)
    }
    return false
  }

  /** Sends the signals in turn until the process has ended. */
  async stop(signals: { signal: NodeJS.Signals; waitMs: number }[]): Promise<void> {
    for (const { signal, waitMs } of signals) {
      this.signal(signal)
      const deadline = Date.now() + waitMs
      // Polled, because the child is unreferenced: its exit event alone would not keep this process waiting.
      while (this.#running && Date.now() < deadline) await sleep(20)
      if (!this.#running) return
    }
    throw new Error(`process ${this.pid} (${this.command.binary}) does not end`)
  }

  signal(signal: NodeJS.Signals): void {
    if (this.#running) process.kill(this.pid, signal)
  }

  logTail(lines = 15): string {
    return readFileSync(this.command.logFile, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
  }
}

/** PGDATA, PGOPTIONS and their like are meant for some other Postgres. */
export function withoutPostgresVariables(environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('PG')))
}
