import type { ChildProcess } from 'node:child_process'
import { SluiceError } from '../errors/sluice-error.js'
import type { IndexProgress } from '../indexer/build-all-indexes.js'
import { type Reconciliation, reconcile } from '../ledger/reconcile.js'
import { sleep } from '../lifecycle/sleep.js'
import { checkPostgres } from '../postgres/pool.js'
import type { ReaderState } from '../reader/reader.js'
import type { Settings } from '../settings/declaration.js'
import { checkRedis } from '../streams/client.js'
import { createIndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import type { Logger } from '../telemetry/logger.js'
import { createTelemetry } from '../telemetry/telemetry.js'
import { openPool, openRedis, openUnboundedPool, withPool } from './connections.js'
import { finishIndexes } from './finish-indexes.js'
import { loadRegistry } from './load-registry.js'
import { startPipeline } from './pipeline.js'
import { requirePaths } from './require-paths.js'
import { allRoles } from './roles.js'
import { migrateSchema } from './schema.js'
import { endsWithin } from './stop-signal.js'
import { packageVersion } from './version.js'

export interface IngestProgress {
  readonly reader: ReaderState
  /** Lines committed by this run. */
  readonly rows: number
  readonly deadLetters: number
  readonly seconds: number
  /** Once all lines are committed, and only if there is something to build. */
  readonly indexes?: IndexProgress
}

export interface IngestResult extends Reconciliation {
  /** Lines that were not known before. */
  readonly newLines: number
  readonly files: number
  /** From when files can be read and rows written until every row is committed and every declared index is built. */
  readonly seconds: number
  readonly linesPerSecond: number
  readonly warnings: readonly string[]
  /** Files that should have been read and could not be. */
  readonly unreadableFiles: number
}

export interface IngestOptions {
  readonly settings: Settings
  readonly paths: readonly string[]
  /** A worker process that was started ahead. */
  readonly forked?: ChildProcess
  readonly logger: Logger
  readonly stop: AbortSignal
  readonly onProgress: (progress: IngestProgress) => void
}

const progressEveryMs = 200

/**
 * One shot: migrates, runs every role until each line of the paths is a row or a dead letter, builds the indexes that
 * are not built yet, and reconciles.
 * @throws SluiceError SLUICE_PATH_NOT_FOUND, SLUICE_PATH_UNREADABLE, SLUICE_INGEST_STUCK, SLUICE_INTERRUPTED and what
 * connecting throws
 */
export async function ingest(options: IngestOptions): Promise<IngestResult> {
  const { settings, paths } = options
  await requirePaths(paths)
  const registry = await loadRegistry(settings, options.logger)
  const pool = openPool(
    settings,
    'sluice ingest',
    settings.indexer.connections + settings.reader.concurrentSources + 3,
  )
  const buildPool = openUnboundedPool(settings, 'sluice indexes', settings.indexer.connections)
  const redis = openRedis(settings)
  try {
    await checkPostgres(pool)
    await checkRedis(redis)
    await withPool(settings, (unbounded) => migrateSchema(unbounded, registry.types), 'unbounded')
    const telemetry = createTelemetry({
      logTypes: registry.types.map((type) => type.name),
      version: packageVersion(),
    })
    let rows = 0
    let deadLetters = 0
    const began = performance.now()
    const elapsed = () => (performance.now() - began) / 1000
    const pipeline = startPipeline({
      settings,
      registry,
      pool,
      buildPool,
      redis,
      telemetry,
      logger: options.logger,
      roles: allRoles,
      paths,
      mode: 'once',
      ...(options.forked === undefined ? {} : { forked: options.forked }),
      onCommit: (event) => {
        rows += event.rows
        deadLetters += event.deadLetters
      },
    })
    const reader = pipeline.reader
    if (reader === undefined) throw new Error('the reader did not start')
    const report = (indexes?: IndexProgress) =>
      options.onProgress({
        ...{ reader: reader.state, rows, deadLetters, seconds: elapsed() },
        ...(indexes === undefined ? {} : { indexes }),
      })
    const ended = new AbortController()
    const whenEnded = pipeline.ended.finally(() => ended.abort())
    whenEnded.catch(() => {})
    while (!ended.signal.aborted && !options.stop.aborted) {
      report()
      const stuck = reader.state.sweep?.stuckChunks ?? 0
      if (stuck > 0) {
        pipeline.stop()
        await endsWithin(whenEnded, settings.lifecycle.drainMs)
        throw new SluiceError('SLUICE_INGEST_STUCK', `${stuck} chunks do not arrive`, {
          expected: 'every chunk to be committed',
          got: 'chunks that cannot be published again, or were so several times in vain',
        })
      }
      await sleep(progressEveryMs, AbortSignal.any([ended.signal, options.stop]))
    }
    if (options.stop.aborted) {
      pipeline.stop()
      await endsWithin(whenEnded, settings.lifecycle.drainMs)
      throw new SluiceError(
        'SLUICE_INTERRUPTED',
        'interrupted; what was read is accounted for, the rest is not read',
        {
          hint: 'Run the same command again: it goes on where this one ended.',
        },
      )
    }
    await whenEnded
    const unindexed = await finishIndexes(
      {
        ...{ pool, buildPool, registry, settings: settings.indexer, stop: options.stop },
        telemetry: createIndexerTelemetry({ metrics: telemetry.metrics, logger: options.logger }),
      },
      settings.lifecycle.drainMs,
      report,
    )
    const seconds = elapsed()
    report()
    const newLines = reader.state.recordedLines
    return {
      ...(await withPool(settings, reconcile, 'unbounded')),
      newLines,
      files: reader.state.files,
      seconds,
      linesPerSecond: Math.round(newLines / seconds),
      unreadableFiles: reader.problems.filter(({ kind }) => kind === 'unreadable').length,
      warnings: [
        ...[...reader.problems, ...reader.damaged].map(({ path, reason }) => `${path}: ${reason}`),
        ...unindexed.map(({ partition, reason }) => `${partition} lacks indexes: ${reason}`),
      ],
    }
  } finally {
    redis.disconnect()
    // A build that outlasts the drain goes on without us.
    await Promise.all([pool.end(), endsWithin(buildPool.end(), 2000)])
  }
}
