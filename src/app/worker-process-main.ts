import { runParser } from '../parser/parser.js'
import type { ParserTelemetry } from '../telemetry/parser-telemetry.js'
import { loadRegistry, openRedis } from './connections.js'
import type { ParserProcessMessage, ParserProcessStart } from './parser-process.js'

/** What a parser's process runs; parser-process.ts starts it. */
const stopped = new AbortController()
// A signal to the whole group is for the parent, which then says what is to be done.
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => {})
// Told to stop, or the parent is gone.
process.once('disconnect', () => stopped.abort())

// One listener from the beginning: the stop may come right behind the start.
const { settings, consumer } = await new Promise<ParserProcessStart>((resolve) => {
  process.on('message', (message: ParserProcessStart | 'stop') => {
    if (message === 'stop') stopped.abort()
    else resolve(message)
  })
})

function post(message: ParserProcessMessage): void {
  if (process.connected) process.send?.(message)
}

const tell =
  <Name extends keyof ParserTelemetry>(name: Name) =>
  (...event: Parameters<ParserTelemetry[Name]>) =>
    post({ kind: 'event', name, event })

let redisIsOut = false
const telemetry: ParserTelemetry = {
  batchesRead: tell('batchesRead'),
  claimed: tell('claimed'),
  batchParsed: tell('batchParsed'),
  batchHandedOver: tell('batchHandedOver'),
  handOffLost: tell('handOffLost'),
  entrySetAside: tell('entrySetAside'),
  poisonBatch: tell('poisonBatch'),
  loopFailed: tell('loopFailed'),
  postgresOutage: tell('postgresOutage'),
  postgresRecovered: tell('postgresRecovered'),
  redisOutage(event) {
    redisIsOut = true
    tell('redisOutage')(event)
  },
  // Called after every success.
  redisRecovered() {
    if (redisIsOut) tell('redisRecovered')()
    redisIsOut = false
  },
}

const redis = openRedis(settings)
try {
  await runParser({
    redis,
    registry: await loadRegistry(settings),
    connection: settings.redis,
    keyPrefix: settings.redis.keyPrefix,
    consumer,
    settings: settings.parser,
    telemetry,
    beat: () => post({ kind: 'beat' }),
    stop: stopped.signal,
  })
} finally {
  redis.disconnect()
  if (process.connected) process.disconnect()
}
