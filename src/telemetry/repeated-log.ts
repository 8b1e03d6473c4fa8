import type { Logger } from './logger.js'

type Level = 'info' | 'warn' | 'error'

/** Logs like a logger; of messages that repeat it writes the first at once and then one per interval. */
export interface RepeatedLog {
  /** `sort` keeps apart what has the same sentence and should not hide one another; from a small set. */
  write(level: Level, fields: Readonly<Record<string, unknown>>, sentence: string, sort?: string): void
}

export interface RepeatedLogOptions {
  readonly logger: Logger
  readonly everyMs?: number
  readonly now?: () => number
}

/** Kinds of messages that are told apart; beyond it the oldest is forgotten, which costs one line too many. */
const maxSorts = 1000

/**
 * A thing that fails, fails again: a line per attempt fills the disk that the files are on. The next line that is
 * written says how many were left out.
 */
export function createRepeatedLog({
  logger,
  everyMs = 10_000,
  now = Date.now,
}: RepeatedLogOptions): RepeatedLog {
  const written = new Map<string, { atMs: number; leftOut: number }>()
  return {
    write(level, fields, sentence, sort = '') {
      const key = `${sentence}\n${sort}`
      const atMs = now()
      const last = written.get(key)
      // A clock that was set back must not silence a message.
      if (last !== undefined && atMs >= last.atMs && atMs - last.atMs < everyMs) {
        last.leftOut += 1
        return
      }
      written.delete(key)
      if (written.size >= maxSorts) written.delete(written.keys().next().value ?? '')
      written.set(key, { atMs, leftOut: 0 })
      const leftOut = last?.leftOut ?? 0
      logger[level](leftOut === 0 ? fields : { ...fields, leftOut }, sentence)
    },
  }
}
