import { setTimeout as sleep } from 'node:timers/promises'
import { inspect } from 'node:util'

export interface PollOptions {
  timeoutMs?: number
  intervalMs?: number
}

/**
 * Calls `check` until it returns something truthy, and returns that. At the deadline it throws an error that says
 * what was awaited and what the last call returned or threw.
 */
export async function pollUntil<T>(
  what: string,
  check: () => T | Promise<T>,
  { timeoutMs = 15_000, intervalMs = 50 }: PollOptions = {},
): Promise<NonNullable<T>> {
  const deadline = Date.now() + timeoutMs
  for (;;) {
    let last: unknown
    try {
      const value = await check()
      if (value) return value
      last = value
    } catch (error) {
      last = error
    }
    if (Date.now() >= deadline) {
      throw new Error(`waited ${timeoutMs} ms until ${what}; last seen: ${inspect(last, { depth: 6 })}`)
    }
    await sleep(intervalMs)
  }
}
