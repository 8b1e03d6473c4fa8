import { armFailpoints } from '../lifecycle/failpoints.js'
import { loadRegistry, openPool, openRedis, openUnboundedPool } from './connections.js'
import { runIndexerRole, runParserRole, type WorkerRole } from './roles.js'
import { indexerEvents, parserEvents, tellEvents } from './worker-events.js'
import type { WorkerMessage, WorkerStart } from './worker-process.js'

/** What a worker process runs; worker-process.ts starts it. */
const stopped = new AbortController()
// A signal to the whole group is for the parent, which then says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => {})

// One listener from the beginning: the stop may come right behind the start.
const start = await new Promise<WorkerStart | undefined>((resolve) => {
  process.on('message', (message: WorkerStart | 'stop') => {
    if (message === 'stop') stopped.abort()
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

async function work({ settings, consumer }: WorkerStart): Promise<void> {
  armFailpoints(settings.lifecycle.failpoints)
  const redis = openRedis(settings)
  const pool = openPool(settings, 'sluice indexer', settings.indexer.connections + 2)
  const buildPool = openUnboundedPool(settings, 'sluice indexes', 1)
  const registry = await loadRegistry(settings)
  const shared = (role: WorkerRole) => ({
    ...{ settings, redis, registry, consumer, stop: stopped.signal },
    beat: () => post({ kind: 'beat', role }),
  })
  try {
    await Promise.all([
      runParserRole({ ...shared('parser'), telemetry: tellEvents('parser', parserEvents, post) }),
      runIndexerRole({
        ...shared('indexer'),
        telemetry: tellEvents('indexer', indexerEvents, post),
        ...{ pool, buildPool },
      }),
    ])
    await Promise.all([pool.end(), buildPool.end()])
  } finally {
    redis.disconnect()
    if (process.connected) process.disconnect()
  }
}
