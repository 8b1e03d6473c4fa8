import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type pg from 'pg'
import { createProgress, type Progress } from '../http/progress.js'
import { IndexBuilder } from '../indexer/index-builder.js'
import { Indexer } from '../indexer/indexer.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { runParser } from '../parser/parser.js'
import { Reader } from '../reader/reader.js'
import type { Settings } from '../settings/declaration.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import { createIndexerTelemetry } from '../telemetry/indexer-telemetry.js'
import type { Logger } from '../telemetry/logger.js'
import type { OutageTelemetry } from '../telemetry/outage-telemetry.js'
import { createParserTelemetry } from '../telemetry/parser-telemetry.js'
import { createReaderTelemetry } from '../telemetry/reader-telemetry.js'
import type { Telemetry } from '../telemetry/telemetry.js'
import { runParserProcess } from './parser-process.js'

export type Role = 'reader' | 'parser' | 'indexer'
export const allRoles: readonly Role[] = ['reader', 'parser', 'indexer']

export interface PipelineOptions {
  readonly settings: Settings
  readonly registry: LogTypeRegistry
  readonly pool: pg.Pool
  /** Without a statement timeout; the indexer builds indexes on one connection of it. */
  readonly buildPool: pg.Pool
  readonly redis: ScriptedRedis
  readonly telemetry: Telemetry
  readonly logger: Logger
  readonly roles: readonly Role[]
  readonly paths: readonly string[]
  readonly mode: 'follow' | 'once'
  /** Counts what the indexer of this process commits. */
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

/** Silence of a loop that is no longer plausible work: the longest statement, twice. */
const allowedSilenceMs = 120_000

/** Starts the roles of this process. They share nothing but connections: each role works alone in its own process. */
export function startPipeline(options: PipelineOptions): Pipeline {
  const { settings, registry, pool, buildPool, redis, telemetry, logger, roles, mode } = options
  const progress = createProgress()
  // The reader stops first in mode once: what it published has to be parsed and committed after it.
  const stopAll = new AbortController()
  const consumer = `${hostname()}-${process.pid}-${randomBytes(3).toString('hex')}`
  const stageOptions = (role: Role) => ({ metrics: telemetry.metrics, logger: logger.child({ role }) })
  const shared = { registry, redis, keyPrefix: settings.redis.keyPrefix, stop: stopAll.signal }
  const running: Promise<void>[] = []
  let reader: Reader | undefined

  function start(role: Role, run: (beat: () => void) => Promise<void>): Promise<void> {
    progress.register(role, allowedSilenceMs)
    const ended = run(() => progress.beat(role)).finally(() => progress.remove(role))
    running.push(ended)
    return ended
  }

  if (roles.includes('parser')) {
    const noticed = noticeOutages(createParserTelemetry(stageOptions('parser')), 'parser', progress)
    void start('parser', (beat) => {
      const parser = { settings, consumer, telemetry: noticed, beat, stop: stopAll.signal }
      // Beside other roles it would keep them waiting: parsing takes most of one core.
      if (roles.length > 1) return runParserProcess(parser)
      return runParser({ ...shared, ...parser, connection: settings.redis, settings: settings.parser })
    })
  }
  if (roles.includes('indexer')) {
    const events = createIndexerTelemetry(stageOptions('indexer'))
    const builder = new IndexBuilder({
      ...{ pool, buildPool, registry, settings: settings.indexer },
      telemetry: events,
      stop: stopAll.signal,
    })
    // No loop of /healthz: a build may take longer than any silence, and no restart makes it faster.
    running.push(builder.run())
    const counted = {
      ...events,
      transactionCommitted(event: Parameters<typeof events.transactionCommitted>[0]) {
        events.transactionCommitted(event)
        builder.noticeCommit()
        const deadLetters = Object.values(event.deadLetters).reduce((sum, lines) => sum + (lines ?? 0), 0)
        options.onCommit?.({ rows: event.rows, deadLetters })
      },
    }
    void start('indexer', (beat) =>
      new Indexer({
        ...shared,
        pool,
        connection: settings.redis,
        consumer,
        settings: settings.indexer,
        telemetry: noticeOutages(counted, 'indexer', progress),
        beat,
      }).run(),
    )
  }
  if (roles.includes('reader')) {
    const events = createReaderTelemetry(stageOptions('reader'))
    const noticed = noticeOutages(events, 'reader', progress)
    void start('reader', (beat) => {
      reader = new Reader({
        ...shared,
        pool,
        settings: settings.reader,
        paths: options.paths,
        mode,
        telemetry: {
          ...noticed,
          paused(cause) {
            progress.waiting('reader', `the streams to drain (${cause})`)
            noticed.paused(cause)
          },
        },
        beat,
      })
      return reader.run()
    }).then(
      () => {
        if (mode === 'once') stopAll.abort()
      },
      () => stopAll.abort(),
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

/** An outage is not this process's fault: it must not be restarted for waiting. */
function noticeOutages<T extends OutageTelemetry>(telemetry: T, role: Role, progress: Progress): T {
  return {
    ...telemetry,
    redisOutage(event: Parameters<T['redisOutage']>[0]) {
      progress.waiting(role, 'Redis')
      telemetry.redisOutage(event)
    },
    postgresOutage(event: Parameters<T['postgresOutage']>[0]) {
      progress.waiting(role, 'PostgreSQL')
      telemetry.postgresOutage(event)
    },
  }
}
