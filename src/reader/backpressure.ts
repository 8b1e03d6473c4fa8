/** Why the reader waits. */
export type PressureCause = 'entries' | 'bytes' | 'redis_memory'

export interface PressureLimits {
  /** Bytes of the entries in all streams together. */
  readonly maxStreamBytes: number
  readonly maxStreamEntries: number
  /** Share of Redis's memory limit; above it only parsers and indexers may add. */
  readonly maxRedisMemoryPercent: number
}

export interface Pressure {
  readonly entries: number
  readonly bytes: number
  /** undefined: Redis has no memory limit. */
  readonly redisMemoryPercent: number | undefined
}

/** Once paused, the reader resumes below this share of the limit: else it would flutter around it. */
const resumeShare = 0.75

/** The cause to wait for, or undefined to go on. `pausedBy`: the present cause, if the reader is paused. */
export function decidePressure(
  pressure: Pressure,
  limits: PressureLimits,
  pausedBy: PressureCause | undefined,
): PressureCause | undefined {
  const share = pausedBy === undefined ? 1 : resumeShare
  const memory = pressure.redisMemoryPercent ?? 0
  if (memory >= limits.maxRedisMemoryPercent * share) return 'redis_memory'
  if (pressure.bytes >= limits.maxStreamBytes * share) return 'bytes'
  if (pressure.entries >= limits.maxStreamEntries * share) return 'entries'
  return undefined
}
