import { spawn } from 'node:child_process'
import { type SluiceProcess, superviseChild } from '../installation/sluice-process.js'
import { findFreePort } from '../services/free-port.js'
import { pollUntil } from '../test/poll-until.js'

export interface SupervisedServer {
  /** Its loopback address, without a slash at the end. */
  readonly url: string
  /** `host:port`, as Prometheus names targets. */
  readonly address: string
  readonly process: SluiceProcess
}

export interface ServerOptions {
  readonly what: string
  readonly program: string
  /** Asked for every address that is tried. */
  readonly args: (address: string) => readonly string[] | Promise<readonly string[]>
  readonly env?: NodeJS.ProcessEnv
  /** Answers with 200 as soon as the server can be used. */
  readonly readyPath: string
}

const startTimeoutMs = 30_000
const portAttempts = 3

/** Starts a server of somebody else on a free loopback port and waits until it answers. It ends with this process. */
export async function startSupervisedServer(options: ServerOptions): Promise<SupervisedServer> {
  const { what, program, args, env = {}, readyPath } = options
  for (let attempt = 1; ; attempt++) {
    const address = `127.0.0.1:${await findFreePort()}`
    const url = `http://${address}`
    const child = spawn(program, await args(address), {
      env: { PATH: process.env.PATH, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const server = superviseChild(child, { what })
    const isReady = async () => {
      if (server.exit() !== undefined) return 'ended'
      return (await fetch(url + readyPath, { signal: AbortSignal.timeout(2_000) })).ok && 'ready'
    }
    const state = await pollUntil(`${what} answers`, isReady, { timeoutMs: startTimeoutMs }).catch(
      async (error: unknown) => {
        await server.kill('SIGKILL')
        throw error
      },
    )
    if (state === 'ready') return { url, address, process: server }
    // Somebody may have taken the port since it was free.
    if (attempt === portAttempts) throw new Error(`${what} does not start:\n${server.exit()?.stderr}`)
  }
}
