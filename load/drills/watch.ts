import { setTimeout as sleep } from 'node:timers/promises'
import type { AlertState, PrometheusApi } from '../monitoring/prometheus-api.js'
import { formatFlow, readFlow } from './flow.js'

/** Prometheus evaluates its rules every ten seconds. */
const askEveryMs = 2_000
const tellEveryMs = 20_000

/** Watches alerts from its beginning to the end of the drill. */
export interface AlertWatch {
  /** The alerts before anything was done, by name. */
  readonly before: ReadonlyMap<string, AlertState>
  /** Those that have begun to fire since. */
  readonly fired: ReadonlySet<string>
  /** The alerts when they were last asked for. */
  now(): ReadonlyMap<string, AlertState>
  /**
   * Tells what changes, and now and then how data flows, until `isOver` says so or the time is up. Returns whether it was
   * over in time. Throws when the signal is aborted.
   */
  until(isOver: () => boolean | Promise<boolean>, seconds: number): Promise<boolean>
}

export async function startAlertWatch(
  prometheus: PrometheusApi,
  tell: (line: string) => void,
  signal: AbortSignal,
): Promise<AlertWatch> {
  const before = await prometheus.alerts()
  let last = before
  const fired = new Set<string>()
  let toldMs = 0
  return {
    before,
    fired,
    now: () => last,
    async until(isOver, seconds) {
      const deadlineMs = performance.now() + seconds * 1000
      for (;;) {
        const now = await prometheus.alerts()
        for (const [name, change] of alertChanges(last, now)) {
          tell(`ALERT ${name} ${change}`)
          if (change === 'fires') fired.add(name)
        }
        last = now
        if (performance.now() - toldMs > tellEveryMs) {
          toldMs = performance.now()
          tell(formatFlow(await readFlow(prometheus)))
        }
        if (await isOver()) return true
        if (performance.now() >= deadlineMs) return false
        await sleep(askEveryMs, undefined, { signal })
      }
    },
  }
}

export type AlertChange = 'is pending' | 'fires' | 'is gone'

/** What has become of alerts between two moments, by name in the order of the alphabet. */
export function alertChanges(
  before: ReadonlyMap<string, AlertState>,
  now: ReadonlyMap<string, AlertState>,
): Array<[name: string, change: AlertChange]> {
  const names = [...new Set([...before.keys(), ...now.keys()])].sort()
  const changes: Array<[string, AlertChange]> = []
  for (const name of names) {
    const state = now.get(name)
    if (state === before.get(name)) continue
    changes.push([name, state === undefined ? 'is gone' : state === 'firing' ? 'fires' : 'is pending'])
  }
  return changes
}
