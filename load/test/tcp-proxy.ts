import { connect, createServer, type Socket } from 'node:net'

export interface TcpProxy {
  /** The url of the server, by way of here. */
  readonly url: string
  /** Connections so far. */
  readonly connections: number
  /** The connections that there are go silent, and stay open as after a lost cable; new ones work. */
  silence(): void
  /** Everything is closed, and nobody listens any more. */
  cut(): Promise<void>
  /** Listens again, where it did. */
  mend(): Promise<void>
}

/** A network between a client and the server of this url, to be disturbed. */
export async function startTcpProxy(serverUrl: string): Promise<TcpProxy> {
  const server = new URL(serverUrl)
  const open = new Set<Socket>()
  let connections = 0
  const proxy = createServer((near) => {
    connections++
    const far = connect(Number(server.port), server.hostname)
    for (const [from, to] of [
      [near, far],
      [far, near],
    ] as const) {
      open.add(from)
      from.on('data', (bytes) => to.write(bytes))
      // An error is followed by the close.
      from.on('error', () => undefined)
      from.on('close', () => {
        open.delete(from)
        to.destroy()
      })
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
    silence() {
      // Read and dropped: a socket that is not read would not notice its end either.
      for (const socket of open) socket.removeAllListeners('data').resume()
    },
    async cut() {
      const closed = new Promise<void>((resolve) => proxy.close(() => resolve()))
      for (const socket of open) socket.destroy()
      await closed
    },
    mend: () => listen(port),
  }
}
