import type { ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type pg from 'pg'
import { createProgress, type Progress } from '../http/progress.js'
import { armFailpoints } from '../lifecycle/failpoints.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { Reader } from '../reader/reader.js'
import type { Settings } from '../settings/declaration.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { createIndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import type { Logger } from '../telemetry/logger.js'
import { createParserTelemetry } from '../telemetry/parser-telemetry.js'
import { createReaderTelemetry } from '../telemetry/reader-telemetry.js'
import type { Telemetry } from '../telemetry/telemetry.js'
import { createRoleLoops } from './role-loops.js'
import { type Role, type RoleTelemetry, runIndexerRole, runParserRole } from './roles.js'
import { runWorkerProcess } from './worker-process.js'

export interface PipelineOptions {
  readonly settings: Settings
  readonly registry: LogTypeRegistry
  readonly pool: pg.Pool
  /** Without a statement timeout, for an indexer in this process; it builds indexes on one connection of it. */
  readonly buildPool: pg.Pool
  readonly redis: ScriptedRedis
  readonly telemetry: Telemetry
  readonly logger: Logger
  readonly roles: readonly Role[]
  readonly paths: readonly string[]
  readonly mode: 'follow' | 'once'
  /** A worker process that was started ahead, for a pipeline with all roles. */
  readonly forked?: ChildProcess
  /** Told of every commit of an indexer that this pipeline runs. */
  readonly onCommit?: (event: { rows: number; deadLetters: number }) => void
}

export interface Pipeline {
  readonly progress: Progress
  /** Only with the role. */
  readonly reader: Reader | undefined
  /** Resolves when every role has ended: after stop, or in mode once when the reader has. Rejects if one fails. */
  readonly ended: Promise<void>
  /** Drains: no role takes anything new, each finishes what it has. */
  stop(): void
}

/** Starts the roles of this process; with all of them, parser and indexer in a worker process beside it. */
export function startPipeline(options: PipelineOptions): Pipeline {
  const { settings, registry, pool, buildPool, redis, telemetry, logger, roles, mode } = options
  const { failpoints } = settings.lifecycle
  armFailpoints(failpoints)
  if (failpoints !== '') logger.warn({ failpoints }, 'This process is going to fail on purpose.')
  const progress = createProgress()
  // In mode once the reader ends first: what it published has to be parsed and committed.
  const stopAll = new AbortController()
  const consumer = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`
  const stageOptions = (role: Role) => ({ metrics: telemetry.metrics, logger: logger.child({ role }) })
  const keepPartitions = mode === 'follow'
  const shared = { settings, registry, redis, stop: stopAll.signal }
  const running: Promise<void>[] = []
  let reader: Reader | undefined

  function start(ended: Promise<void>): void {
    running.push(ended)
    // What one role cannot go on without, the others shall not wait for.
    ended.catch(() => stopAll.abort())
  }

  const loopsOf = (role: Role) => createRoleLoops(role, settings, progress)
  const indexer = createIndexerTelemetry(stageOptions('indexer'))
  const told: RoleTelemetry = {
    parser: createParserTelemetry(stageOptions('parser')),
    indexer: {
      ...indexer,
      transactionCommitted(event) {
        indexer.transactionCommitted(event)
        const deadLetters = Object.values(event.deadLetters).reduce((sum, lines) => sum + (lines ?? 0), 0)
        options.onCommit?.({ rows: event.rows, deadLetters })
      },
    },
  }
  if (roles.length > 1) {
    const { stop } = shared
    const { addProcess } = telemetry
    const declarations = registry.types.map(({ declaration }) => declaration)
    start(
      runWorkerProcess(
        {
          ...{ settings, declarations, consumer, keepPartitions },
          ...{ telemetry: told, progress, addProcess, stop },
        },
        options.forked,
      ),
    )
  } else if (roles.includes('parser')) {
    const { watch, noticeOutages } = loopsOf('parser')
    start(runParserRole({ ...shared, consumer, watch, telemetry: noticeOutages(told.parser) }))
  } else if (roles.includes('indexer')) {
    const { watch, noticeOutages } = loopsOf('indexer')
    start(
      runIndexerRole({
        ...shared,
        ...{ consumer, watch, pool, buildPool, keepPartitions },
        telemetry: noticeOutages(told.indexer),
      }),
    )
  }
  if (roles.includes('reader')) {
    const { watch, noticeOutages } = loopsOf('reader')
    const started = new Reader({
      ...shared,
      pool,
      keyPrefix: settings.redis.keyPrefix,
      settings: settings.reader,
      paths: options.paths,
      mode,
      telemetry: noticeOutages(createReaderTelemetry(stageOptions('reader'))),
      watch,
    })
    reader = started
    start(
      started.run().then(() => {
        if (mode === 'once') stopAll.abort()
      }),
    )
  }
  return {
    progress,
    get reader() {
      return reader
    },
    ended: Promise.all(running).then(() => {}),
    stop: () => stopAll.abort(),
  }
}
