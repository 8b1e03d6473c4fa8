import type { WorkerTelemetry } from '../telemetry/outage-telemetry.js'
import type { RoleTelemetry, WorkerRole } from './roles.js'
import type { WorkerMessage } from './worker-process.js'

/** The names of all events of a telemetry. */
type Events<T> = Readonly<Record<keyof T, true>>

const outageEvents: Events<WorkerTelemetry> = {
  redisOutage: true,
  redisRecovered: true,
  postgresOutage: true,
  postgresRecovered: true,
  waitingEnded: true,
  loopFailed: true,
}

export const parserEvents: Events<RoleTelemetry['parser']> = {
  ...outageEvents,
  batchesRead: true,
  claimed: true,
  orphansRemoved: true,
  batchParsed: true,
  batchHandedOver: true,
  handOffLost: true,
  entrySetAside: true,
  poisonBatch: true,
}

export const indexerEvents: Events<RoleTelemetry['indexer']> = {
  ...outageEvents,
  batchesRead: true,
  claimed: true,
  orphansRemoved: true,
  transactionCommitted: true,
  acknowledged: true,
  duplicateBatch: true,
  staleBatch: true,
  entrySetAside: true,
  transactionRetried: true,
  silentCopiesEnded: true,
  transactionBisected: true,
  rowRefused: true,
  indexesLacking: true,
  indexesBuilt: true,
  indexBuildPostponed: true,
  indexBuildFailed: true,
  dayExpired: true,
  expiryPostponed: true,
  expiryFailed: true,
  rollupHoursSplit: true,
  rollupsCompacted: true,
}

/** A telemetry whose events are told to another process. */
export function tellEvents<T extends WorkerTelemetry>(
  role: WorkerRole,
  events: Events<T>,
  post: (message: WorkerMessage) => void,
): T {
  const entries = Object.keys(events).map((name) => [
    name,
    (...event: unknown[]) => post({ kind: 'event', role, name, event }),
  ])
  return Object.fromEntries(entries) as T
}
