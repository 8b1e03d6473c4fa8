import type { Logger } from './logger.js'

type Level = 'info' | 'warn' | 'error'

/** Logs like a logger; of messages that repeat it writes the first at once, and then ever fewer. */
export interface RepeatedLog {
  /** `sort` keeps apart what has the same sentence and should not hide one another; from a small set. */
  write(level: Level, fields: object, sentence: string, sort?: string): void
}

export interface RepeatedLogOptions {
  readonly logger: Logger
  readonly everyMs?: number
  readonly now?: () => number
}

/** Kinds of messages that are told apart; the sorts beyond it share one line, since each would be news every time. */
const maxSorts = 1000
/** What they are known as. */
const otherSorts = '(others)'
/** However long it goes on, a line comes this often: who follows the log has to see that it still does. */
const longestPauseMs = 300_000
/** After so much silence, what comes is news, and written at once. */
const newsAfterMs = 60_000

interface Repetition {
  writtenMs: number
  seenMs: number
  pauseMs: number
  leftOut: number
}

/**
 * A thing that fails, fails again: a line per attempt fills the disk that the files are on. While a message keeps
 * coming, the pause between two lines doubles from `everyMs` to five minutes: an hour of it is some twenty lines. The
 * next line that is written has as `leftOut` how many were not.
 */
export function createRepeatedLog({
  logger,
  everyMs = 10_000,
  now = Date.now,
}: RepeatedLogOptions): RepeatedLog {
  const repetitions = new Map<string, Repetition>()

  function forgetSilent(atMs: number): void {
    for (const [key, { seenMs }] of repetitions)
      if (atMs < seenMs || atMs - seenMs >= newsAfterMs) repetitions.delete(key)
  }

  return {
    write(level, fields, sentence, sort = '') {
      const atMs = now()
      let key = `${sentence}\n${sort}`
      if (repetitions.size >= maxSorts && !repetitions.has(key)) {
        forgetSilent(atMs)
        // Sentences are few, so that these keys are, too.
        if (repetitions.size >= maxSorts) key = `${sentence}\n${otherSorts}`
      }
      const last = repetitions.get(key)
      // A clock that was set back must not silence a message.
      const isNews = last === undefined || atMs < last.seenMs || atMs - last.seenMs >= newsAfterMs
      if (!isNews && atMs - last.writtenMs < last.pauseMs) {
        last.leftOut += 1
        last.seenMs = atMs
        return
      }
      const pauseMs = isNews ? everyMs : Math.min(last.pauseMs * 2, longestPauseMs)
      repetitions.set(key, { writtenMs: atMs, seenMs: atMs, pauseMs, leftOut: 0 })
      const leftOut = last?.leftOut ?? 0
      logger[level](leftOut === 0 ? fields : { ...fields, leftOut }, sentence)
    },
  }
}
