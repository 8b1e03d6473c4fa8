import type pg from 'pg'
import { describeCause, SluiceError } from '../errors/sluice-error.js'
import { type ReadyReport, startHttp } from '../http/http.js'
import { checkPostgres } from '../postgres/pool.js'
import type { Settings } from '../settings/declaration.js'
import { describeSettings } from '../settings/describe-settings.js'
import { checkRedis } from '../streams/client.js'
import { createGroup } from '../streams/consumer-group.js'
import { indexersGroup, parsersGroup, type TypeKeys } from '../streams/keys.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import type { Logger } from '../telemetry/logger.js'
import { createTelemetry } from '../telemetry/telemetry.js'
import { allTypeKeys, backgroundConnections, openPool, openRedis, openUnboundedPool } from './connections.js'
import { watchLedger } from './ledger-watch.js'
import { collectLiveMetrics } from './live-metrics.js'
import { loadRegistry } from './load-registry.js'
import { startPipeline } from './pipeline.js'
import type { Role } from './roles.js'
import { addColumns, requireSchema } from './schema.js'
import { endsWithin } from './stop-signal.js'
import { packageVersion } from './version.js'

export interface RunOptions {
  readonly settings: Settings
  readonly roles: readonly Role[]
  /** What the reader follows. */
  readonly paths: readonly string[]
  readonly logger: Logger
  readonly stop: AbortSignal
}

/**
 * The service: runs roles until told to stop, then drains.
 * @throws SluiceError what connecting and listening throw, SLUICE_SCHEMA_MISSING, SLUICE_USAGE
 */
export async function run(options: RunOptions): Promise<void> {
  const { settings, roles, logger, stop } = options
  if (roles.includes('reader') && options.paths.length === 0) {
    throw new SluiceError('SLUICE_USAGE', 'the reader was given nothing to follow', {
      expected: 'paths on the command line or in SLUICE_READER_PATHS',
    })
  }
  const registry = await loadRegistry(settings, logger)
  const pool = openPool(
    settings,
    `sluice ${roles.join(' ')}`,
    settings.indexer.connections + settings.reader.concurrentSources + 3,
  )
  const buildPool = openUnboundedPool(settings, 'sluice indexes', backgroundConnections)
  const redis = openRedis(settings)
  try {
    await checkPostgres(pool)
    await checkRedis(redis)
    await requireSchema(pool, registry.types)
    const addedColumns = await addColumns(pool, registry.types)
    if (addedColumns.length > 0) logger.info({ columns: addedColumns }, 'Columns were added.')
    const keys = allTypeKeys(settings, registry)
    await createGroups(redis, keys)
    const telemetry = createTelemetry({
      logTypes: registry.types.map((type) => type.name),
      stages: roles,
      version: packageVersion(),
    })
    for (const { name, version } of registry.types)
      telemetry.metrics.logTypeInfo.set(1, name, String(version))
    collectLiveMetrics(telemetry, { pool, redis, keys, types: registry.types })
    const pipeline = startPipeline({
      settings,
      registry,
      pool,
      buildPool,
      redis,
      telemetry,
      logger,
      roles,
      paths: options.paths,
      mode: 'follow',
    })
    const ended = pipeline.ended
    ended.catch(() => {})
    const http = await startHttp({
      ...settings.http,
      metricsText: () => telemetry.metricsText(),
      contentType: telemetry.contentType,
      health: () => pipeline.progress.report(),
      ready: () => checkReady(pool, redis, registry.types),
      logger,
    }).catch(async (error: unknown) => {
      pipeline.stop()
      await endsWithin(ended, settings.lifecycle.drainMs)
      throw error
    })
    logger.info({ roles, httpPort: http.port, settings: describeSettings(settings) }, 'Sluice runs.')
    if (roles.includes('reader')) {
      const { proveEveryMs: everyMs } = settings.ledger
      void watchLedger({ pool: buildPool, everyMs, metrics: telemetry.metrics, logger, stop })
    }
    const stopped = new Promise<void>((resolve) => {
      if (stop.aborted) resolve()
      stop.addEventListener('abort', () => resolve(), { once: true })
    })
    try {
      await Promise.race([ended, stopped])
      logger.info({ signal: String(stop.reason) }, 'Draining.')
      pipeline.stop()
      const drained = await endsWithin(ended, settings.lifecycle.drainMs)
      if (drained) logger.info('Drained.')
      else logger.warn('The drain took too long and was cut off; what is pending will be claimed.')
    } finally {
      await http.close()
    }
  } finally {
    redis.disconnect()
    await Promise.race([
      Promise.all([pool.end(), buildPool.end()]),
      new Promise((resolve) => setTimeout(resolve, 2000).unref()),
    ])
  }
}

/** Up front, so that whoever scales by lag finds the groups before there is a consumer. */
async function createGroups(redis: ScriptedRedis, keys: readonly TypeKeys[]): Promise<void> {
  try {
    for (const type of keys) {
      await createGroup(redis, type.raw, parsersGroup)
      await createGroup(redis, type.rows, indexersGroup)
    }
  } catch {
    // It is full, or went away after it was checked: every role waits for that, and consumers create what they miss.
  }
}

async function checkReady(
  pool: pg.Pool,
  redis: ScriptedRedis,
  types: Parameters<typeof requireSchema>[1],
): Promise<ReadyReport> {
  const check = async (name: string, work: () => Promise<unknown>) => {
    try {
      await work()
      return { name, ok: true }
    } catch (error) {
      return { name, ok: false, detail: describeCause(error) }
    }
  }
  const checks = await Promise.all([
    check('redis', () => redis.ping()),
    check('postgres', () => requireSchema(pool, types)),
  ])
  return { ready: checks.every(({ ok }) => ok), checks }
}
