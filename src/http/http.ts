import type { AddressInfo } from 'node:net'
import fastify, { type FastifyInstance, type FastifyReply } from 'fastify'
import { maskSecrets } from '../errors/safe-text.js'
import { describeCause, SluiceError } from '../errors/sluice-error.js'
import type { Logger } from '../telemetry/logger.js'
import { createRepeatedLog } from '../telemetry/repeated-log.js'
import type { HealthReport } from './progress.js'

/** What /readyz says about one thing that the process needs. */
export interface ReadyCheck {
  readonly name: string
  readonly ok: boolean
  readonly detail?: string
}

export interface ReadyReport {
  readonly ready: boolean
  readonly checks: readonly ReadyCheck[]
}

export interface HttpOptions {
  readonly host: string
  /** 0: any free one. */
  readonly port: number
  readonly metricsText: () => Promise<string>
  readonly contentType: string
  /** Whether the loops get anywhere; a supervisor restarts the process when they do not. */
  readonly health: () => HealthReport
  /** Whether everything that the process needs is there; asked once for all requests that come meanwhile. */
  readonly ready: () => Promise<ReadyReport>
  readonly logger: Logger
  /** A readiness check that takes longer counts as failed: probes give up soon. */
  readonly readyTimeoutMs?: number
}

export interface HttpServer {
  readonly port: number
  /** Ends open connections too, so that a scraper that keeps one does not hold up the exit. */
  close(): Promise<void>
}

/** Scrapers and probes are few; each more would take a file descriptor and memory from the stages. */
const maxConnections = 200

/**
 * Serves /metrics, /healthz and /readyz. There is nothing to change through it and nothing secret in it, so it
 * asks for no credentials; it should not be reachable from everywhere all the same.
 *
 * @throws SluiceError SLUICE_HTTP_LISTEN_FAILED
 */
export async function startHttp(options: HttpOptions): Promise<HttpServer> {
  const server = fastify({
    logger: false,
    bodyLimit: 1024,
    connectionTimeout: 30_000,
    requestTimeout: 10_000,
    forceCloseConnections: true,
    // A path that cannot be decoded reaches neither hooks nor handlers.
    frameworkErrors: (error, _request, reply) => {
      setHeaders(reply)
      sendError(reply, error.statusCode ?? 400, 'bad request')
    },
  })
  server.server.maxConnections = maxConnections
  addRoutes(server, options)
  try {
    await server.listen({ host: options.host, port: options.port })
  } catch (error) {
    await server.close()
    throw listenFailure(options, error)
  }
  return { port: (server.server.address() as AddressInfo).port, close: () => server.close() }
}

function addRoutes(server: FastifyInstance, options: HttpOptions): void {
  const { metricsText, contentType, health, ready, logger, readyTimeoutMs = 5000 } = options
  // Probes and scrapers ask for ever.
  const repeated = createRepeatedLog({ logger })
  // Each check takes a connection that the stages need, too: however many ask, one is made at a time.
  const sharedReady = sharedWhileRunning(ready)

  server.addHook('onSend', async (_request, reply) => {
    setHeaders(reply)
  })

  server.get('/metrics', async (_request, reply) => reply.type(contentType).send(await metricsText()))

  server.get('/healthz', async (_request, reply) => {
    const report = health()
    return reply.code(report.healthy ? 200 : 503).send(report)
  })

  server.get('/readyz', async (_request, reply) => {
    const report = await checkReady(sharedReady, readyTimeoutMs)
    return reply.code(report.ready ? 200 : 503).send(report)
  })

  server.setNotFoundHandler((_request, reply) => sendError(reply, 404, 'not found'))

  server.setErrorHandler<Error & { statusCode?: number }>((error, request, reply) => {
    const status = error.statusCode ?? 500
    if (status < 500) return sendError(reply, status, 'bad request')
    // What went wrong is for the log; the answer goes to whoever asks.
    const path = request.routeOptions.url
    repeated.write('error', { error, path }, 'A request could not be answered.', path)
    return sendError(reply, 500, 'internal error')
  })
}

function sharedWhileRunning<T>(work: () => Promise<T>): () => Promise<T> {
  let running: Promise<T> | undefined
  return () => {
    running ??= work().finally(() => {
      running = undefined
    })
    return running
  }
}

function setHeaders(reply: FastifyReply): void {
  reply.header('cache-control', 'no-store').header('x-content-type-options', 'nosniff')
}

function sendError(reply: FastifyReply, status: number, error: string): FastifyReply {
  return reply.code(status).send({ error })
}

async function checkReady(ready: () => Promise<ReadyReport>, timeoutMs: number): Promise<ReadyReport> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<ReadyReport>((resolve) => {
    const detail = `no answer within ${timeoutMs} ms`
    timer = setTimeout(resolve, timeoutMs, notReady(detail))
  })
  try {
    const report = await Promise.race([ready(), timeout])
    return { ...report, checks: report.checks.map(maskCheck) }
  } catch (error) {
    return notReady(maskSecrets(describeCause(error)))
  } finally {
    clearTimeout(timer)
  }
}

function notReady(detail: string): ReadyReport {
  return { ready: false, checks: [{ name: 'readiness', ok: false, detail }] }
}

function maskCheck(check: ReadyCheck): ReadyCheck {
  return check.detail === undefined ? check : { ...check, detail: maskSecrets(check.detail) }
}

function listenFailure({ host, port }: HttpOptions, error: unknown): SluiceError {
  const code = typeof error === 'object' && error !== null && 'code' in error ? error.code : undefined
  const inUse = code === 'EADDRINUSE'
  return new SluiceError('SLUICE_HTTP_LISTEN_FAILED', `cannot listen on ${host} port ${port}`, {
    expected: 'an address of this machine with a free port',
    got: inUse ? 'another process listens there already' : describeCause(error),
    hint: inUse ? 'set SLUICE_HTTP_PORT to another port, or to 0 for any free one' : undefined,
  })
}
