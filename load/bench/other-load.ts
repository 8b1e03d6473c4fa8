import { cpus } from 'node:os'
import { readFamilyCpuSeconds } from './process-cpu.js'

/**
 * From now on: which share of the processors' time (0 to 100) programs took that this process did not start. Others at
 * work make every figure too low. Servers that were given from outside count as others. Null without /proc.
 */
export async function watchOthers(): Promise<() => Promise<number | null>> {
  const ownBefore = await readFamilyCpuSeconds(process.pid)
  const before = readMachine()
  return async () => {
    const ownAfter = await readFamilyCpuSeconds(process.pid)
    const after = readMachine()
    if (ownBefore === null || ownAfter === null) return null
    return shareOfOthers(after.busy - before.busy, after.total - before.total, ownAfter - ownBefore)
  }
}

/** All in the same unit; rounding of the counters can make the rest less than nothing. */
export function shareOfOthers(busy: number, total: number, own: number): number {
  return total === 0 ? 0 : Math.max(0, Math.round(((busy - own) / total) * 100))
}

/** Seconds of all processors since the machine started. */
function readMachine(): { readonly busy: number; readonly total: number } {
  let busy = 0
  let total = 0
  for (const { times } of cpus()) {
    const worked = times.user + times.nice + times.sys + times.irq
    busy += worked / 1000
    total += (worked + times.idle) / 1000
  }
  return { busy, total }
}
