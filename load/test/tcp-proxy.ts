import { connect, createServer, type Socket } from 'node:net'

export interface TcpProxy {
  /** The url of the server, by way of here. */
  readonly url: string
  /** Connections so far. */
  readonly connections: number
  /** The connections that there are go silent, and stay open as after a lost cable; new ones work. */
  silence(): void
  /**
   * The same, within the next piece of at least `minBytes` that a client sends. Resolves when it happened, and throws
   * when it has not for a minute.
   */
  silenceWithin(minBytes: number): Promise<void>
  /**
   * Of the next piece of at least `minBytes` that a client sends, so many per cent go on to the server; then the
   * client's connection is reset, and the server sees the end of its own. 100: all of it arrives, its answer does not.
   * Resolves when it happened, and throws when it has not for a minute.
   */
  resetWithin(minBytes: number, percent: number): Promise<void>
  /** From now on everything takes so long in each direction. */
  delay(ms: number): void
  /** New connections go to the server of this url; those that there are stay. */
  redirect(serverUrl: string): void
  /** Everything is closed, and nobody listens any more. */
  cut(): Promise<void>
  /** Listens again, where it did. */
  mend(): Promise<void>
}

/** One connection through the proxy. */
export interface Wire {
  /** To the client. */
  readonly near: Socket
  /** To the server. */
  readonly far: Socket
}

/**
 * A network between a client and the server of this url, to be disturbed. `tap` is called with all that a client has
 * sent, when it is on its way to the server.
 */
export async function startTcpProxy(
  serverUrl: string,
  tap?: (sent: Buffer, wire: Wire) => void,
): Promise<TcpProxy> {
  let server = new URL(serverUrl)
  const open = new Set<Socket>()
  let connections = 0
  let delayMs = 0
  /** What is to happen within a large piece; true: it has dealt with the piece. */
  let disturb: ((bytes: Buffer, wire: Wire) => boolean) | undefined
  const proxy = createServer((near) => {
    connections++
    const far = connect(Number(server.port), server.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.on('data', (bytes) => {
        if (from === near && disturb?.(bytes, { near, far })) disturb = undefined
        else if (delayMs === 0) to.write(bytes)
        else setTimeout(() => to.write(bytes), delayMs)
      })
      // An error is followed by the close.
      from.on('error', () => undefined)
      from.on('close', () => {
        open.delete(from)
        // Unless it was told to end: what it was given before is still to arrive.
        if (!to.writableEnded) to.destroy()
      })
    }
    if (tap !== undefined) near.on('data', (bytes) => tap(bytes, { near, far }))
  })
  // Whoever forgets it can still end.
  proxy.unref()
  const silence = (): void => {
    // Read and dropped: a socket that is not read would not notice its end either.
    for (const socket of open) socket.removeAllListeners('data').resume()
  }
  const within = (minBytes: number, act: (bytes: Buffer, wire: Wire) => void): Promise<void> =>
    new Promise((done, fail) => {
      const never = new Error(`nobody sent ${minBytes} bytes at a time for a minute`)
      const deadline = setTimeout(fail, 60_000, never)
      disturb = (bytes, wire) => {
        if (bytes.length < minBytes) return false
        clearTimeout(deadline)
        act(bytes, wire)
        done()
        return true
      }
    })
  const listen = (port: number) =>
    new Promise<void>((resolve, reject) => {
      proxy.once('error', reject).listen(port, '127.0.0.1', () => {
        proxy.off('error', reject)
        resolve()
      })
    })
  await listen(0)
  const address = proxy.address()
  if (address === null || typeof address === 'string') throw new Error('the proxy has no port')
  const { port } = address
  const url = new URL(serverUrl)
  url.hostname = '127.0.0.1'
  url.port = String(port)
  return {
    url: url.href,
    get connections() {
      return connections
    },
    silence,
    silenceWithin: (minBytes) =>
      within(minBytes, (bytes, { far }) => {
        far.write(bytes.subarray(0, bytes.length >> 1))
        silence()
      }),
    resetWithin: (minBytes, percent) =>
      within(minBytes, (bytes, { near, far }) => {
        far.end(bytes.subarray(0, Math.ceil((bytes.length * percent) / 100)))
        near.resetAndDestroy()
      }),
    delay(ms) {
      delayMs = ms
    },
    redirect(otherUrl) {
      server = new URL(otherUrl)
    },
    async cut() {
      const closed = new Promise<void>((resolve) => proxy.close(() => resolve()))
      for (const socket of open) socket.destroy()
      await closed
    },
    mend: () => listen(port),
  }
}
