import { setTimeout as sleep } from 'node:timers/promises'

/** How often a growing file grows. Shorter costs system calls, longer makes growth visibly jerky. */
const TICK_MS = 20

/** Says when the next line is due. */
export interface Pace {
  /** Called before a line is written; calls `beforeWait` first whenever it makes the caller wait. */
  waitForLine(beforeWait: () => Promise<void>): Promise<void>
}

/** Lines as fast as the disk takes them. */
export const UNPACED: Pace = { waitForLine: () => Promise.resolve() }

/** A steady rate in real time. A slow disk is caught up with, since lines are counted from the start. */
export function createPace(linesPerSecond: number, nowMs: () => number = () => performance.now()): Pace {
  const startMs = nowMs()
  let lines = 0
  return {
    async waitForLine(beforeWait) {
      const dueMs = startMs + (lines++ * 1000) / linesPerSecond
      if (dueMs <= nowMs()) return
      await beforeWait()
      // Waiting on to the end of the tick lets the lines of one tick go out together.
      await sleep(Math.max(TICK_MS, dueMs - nowMs()))
    },
  }
}
