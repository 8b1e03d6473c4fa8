import { connect } from 'node:net'
import { afterEach, describe, expect, it } from 'vitest'
import { SluiceError } from '../errors/sluice-error.js'
import { createLogger } from '../telemetry/logger.js'
import { type HttpOptions, type HttpServer, startHttp } from './http.js'

const servers: HttpServer[] = []
afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()))
})

async function start(
  options: Partial<HttpOptions> = {},
): Promise<{ url: string; server: HttpServer; log: string[] }> {
  const log: string[] = []
  const server = await startHttp({
    host: '127.0.0.1',
    port: 0,
    metricsText: async () => 'up 1\n',
    contentType: 'text/plain; version=0.0.4; charset=utf-8',
    health: () => ({ healthy: true, loops: [] }),
    ready: async () => ({ ready: true, checks: [{ name: 'redis', ok: true }] }),
    logger: createLogger('info', { write: (line) => log.push(line) }),
    ...options,
  })
  servers.push(server)
  return { url: `http://127.0.0.1:${server.port}`, server, log }
}

describe('the HTTP server', () => {
  it('serves metrics with the content type that Prometheus expects', async () => {
    const { url } = await start()
    const response = await fetch(`${url}/metrics`)
    expect(response.status).toBe(200)
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8')
    expect(await response.text()).toBe('up 1\n')
  })

  it('answers 503 while a loop gets nowhere, and says which', async () => {
    const loop = {
      loop: 'reader',
      healthy: false,
      lastProgressAt: '2024-01-01T00:00:00.000Z',
      secondsSinceProgress: 99,
      allowedSeconds: 30,
    }
    const { url } = await start({ health: () => ({ healthy: false, loops: [loop] }) })
    const response = await fetch(`${url}/healthz`)
    expect(response.status).toBe(503)
    expect(await response.json()).toEqual({ healthy: false, loops: [loop] })
  })

  it('answers 503 while something that it needs is missing', async () => {
    const checks = [{ name: 'postgres', ok: false, detail: 'postgres://u:hunter2@h refused' }]
    const { url } = await start({ ready: async () => ({ ready: false, checks }) })
    const response = await fetch(`${url}/readyz`)
    expect(response.status).toBe(503)
    expect(await response.text()).not.toContain('hunter2')
  })

  it('is not ready when the check throws or does not end', async () => {
    const throwing = await start({ ready: () => Promise.reject(new Error('redis://:hunter2@h is away')) })
    const thrown = await fetch(`${throwing.url}/readyz`)
    expect([thrown.status, (await thrown.text()).includes('hunter2')]).toEqual([503, false])
    const hanging = await start({ ready: () => new Promise(() => {}), readyTimeoutMs: 10 })
    expect((await fetch(`${hanging.url}/readyz`)).status).toBe(503)
  })

  it('makes one readiness check at a time, however many ask', async () => {
    const checks: ((report: { ready: boolean; checks: [] }) => void)[] = []
    const { url } = await start({ ready: () => new Promise((resolve) => checks.push(resolve)) })
    const askAll = () => Promise.all(Array.from({ length: 50 }, () => fetch(`${url}/readyz`)))
    const answers = askAll()
    while (checks.length === 0) await new Promise(setImmediate)
    await (await fetch(`${url}/healthz`)).text()
    expect(checks).toHaveLength(1)
    checks[0]?.({ ready: true, checks: [] })
    expect(new Set((await answers).map(({ status }) => status))).toEqual(new Set([200]))
  })

  it('answers unknown paths and methods with JSON, and sets its headers everywhere', async () => {
    const { url } = await start()
    for (const [path, method, status] of [
      ['/', 'GET', 404],
      ['/metrics/../../etc/passwd', 'GET', 404],
      ['/%', 'GET', 400],
      ['/metrics', 'POST', 404],
      ['/healthz', 'GET', 200],
      ['/metrics', 'HEAD', 200],
    ] as const) {
      const response = await fetch(url + path, { method })
      expect([path, response.status]).toEqual([path, status])
      expect(response.headers.get('cache-control')).toBe('no-store')
      expect(response.headers.get('x-content-type-options')).toBe('nosniff')
      expect(response.headers.get('server')).toBeNull()
      expect(response.headers.get('x-powered-by')).toBeNull()
      if (status >= 400) expect(await response.json()).toHaveProperty('error')
    }
  })

  it('does not take a large body', async () => {
    const { url } = await start()
    const response = await fetch(`${url}/healthz`, {
      method: 'PUT',
      body: JSON.stringify('x'.repeat(5000)),
      headers: { 'content-type': 'application/json' },
    })
    expect([404, 413]).toContain(response.status)
  })

  it('keeps the reason of a failure to the log', async () => {
    const { url, log } = await start({ metricsText: () => Promise.reject(new Error('inner workings')) })
    const response = await fetch(`${url}/metrics`)
    expect(response.status).toBe(500)
    expect(await response.json()).toEqual({ error: 'internal error' })
    expect(log.join('')).toContain('inner workings')
  })

  it('takes a bounded number of connections, and more again when some have ended', async () => {
    const { url, server } = await start()
    const sockets = await Promise.all(
      Array.from({ length: 300 }, async () => {
        const socket = connect(server.port, '127.0.0.1')
        const refused = new Promise<boolean>((resolve) => {
          socket.once('close', () => resolve(true)).on('error', () => {})
          // An answer: it was taken.
          socket.once('data', () => resolve(false))
        })
        socket.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n')
        return { socket, refused: await refused }
      }),
    )
    expect(sockets.filter(({ refused }) => refused)).toHaveLength(100)
    for (const { socket } of sockets) socket.destroy()
    await expect
      .poll(() =>
        fetch(`${url}/healthz`).then(
          ({ status }) => status,
          () => 0,
        ),
      )
      .toBe(200)
  })

  it('closes although a client keeps its connection', async () => {
    const { server } = await start()
    const socket = connect(server.port, '127.0.0.1')
    await new Promise((resolve) => socket.once('connect', resolve))
    const closed = new Promise((resolve) => socket.once('close', resolve))
    await server.close()
    await closed
  })

  it('says what to do when the port is taken', async () => {
    const { server } = await start()
    const failure = await start({ port: server.port }).catch((error: unknown) => error)
    expect(failure).toBeInstanceOf(SluiceError)
    expect(failure).toMatchObject({ code: 'SLUICE_HTTP_LISTEN_FAILED', exitCode: 2 })
    expect((failure as SluiceError).hint).toContain('SLUICE_HTTP_PORT')
  })

  it('says so when the address is not one of this machine', async () => {
    await expect(start({ host: '192.0.2.1' })).rejects.toMatchObject({ code: 'SLUICE_HTTP_LISTEN_FAILED' })
  })
})
