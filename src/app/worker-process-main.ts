import { createProgress } from '../http/progress.js'
import { armFailpoints } from '../lifecycle/failpoints.js'
import { registryOf } from '../log-types/create-registry.js'
import { readsProcessMetrics } from '../telemetry/process-metrics.js'
import { backgroundConnections, openPool, openRedis, openUnboundedPool } from './connections.js'
import { createRoleLoops } from './role-loops.js'
import { runIndexerRole, runParserRole } from './roles.js'
import { indexerEvents, parserEvents, tellEvents } from './worker-events.js'
import type { WorkerMessage, WorkerStart } from './worker-process.js'

/** How often it is told how the loops get on: soon enough for whoever asks every few seconds. */
const tellLoopsEveryMs = 1000

/** What a worker process runs; worker-process.ts starts it. */
const stopped = new AbortController()
const readMetrics = readsProcessMetrics('worker')
// A signal to the whole group is for the parent, which then says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

// One listener from the beginning: the stop may come right behind the start.
const start = await new Promise<WorkerStart | undefined>((resolve) => {
  process.on('message', (message: WorkerStart | 'stop' | 'metrics') => {
    if (message === 'stop') stopped.abort()
    else if (message === 'metrics') void tellMetrics()
    else resolve(message)
  })
  // The parent is gone, or has no use for this process.
  const leave = () => {
    stopped.abort()
    resolve(undefined)
  }
  process.once('disconnect', leave)
  if (!process.connected) leave()
})
if (start !== undefined) await work(start)

/** To a parent that died a moment ago it fails; that it is gone, `disconnect` tells. */
function post(message: WorkerMessage): void {
  if (process.connected) process.send?.(message, undefined, undefined, () => {})
}

async function tellMetrics(): Promise<void> {
  post({ kind: 'metrics', metrics: await readMetrics() })
}

async function work({ settings, declarations, consumer, keepPartitions }: WorkerStart): Promise<void> {
  armFailpoints(settings.lifecycle.failpoints)
  const redis = openRedis(settings)
  const pool = openPool(settings, 'sluice indexer', settings.indexer.connections + 2)
  const buildPool = openUnboundedPool(settings, 'sluice indexes', backgroundConnections)
  const registry = registryOf(declarations)
  const shared = { settings, redis, registry, consumer, stop: stopped.signal }
  const progress = createProgress()
  const tellLoops = () => post({ kind: 'loops', loops: progress.report().loops })
  const telling = setInterval(tellLoops, tellLoopsEveryMs)
  const parser = createRoleLoops('parser', settings, progress)
  const indexer = createRoleLoops('indexer', settings, progress)
  try {
    const roles = [
      runParserRole({
        ...shared,
        watch: parser.watch,
        telemetry: parser.noticeOutages(tellEvents('parser', parserEvents, post)),
      }),
      runIndexerRole({
        ...shared,
        watch: indexer.watch,
        telemetry: indexer.noticeOutages(tellEvents('indexer', indexerEvents, post)),
        ...{ pool, buildPool, keepPartitions },
      }),
    ]
    tellLoops()
    await Promise.all(roles)
    await Promise.all([pool.end(), buildPool.end()])
  } finally {
    clearInterval(telling)
    redis.disconnect()
    if (process.connected) process.disconnect()
  }
}
