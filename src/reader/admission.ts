import { throughRedisOutages } from '../lifecycle/outages.js'
import { sleep } from '../lifecycle/sleep.js'
import { readMemoryPercent } from '../streams/client.js'
import type { TypeKeys } from '../streams/keys.js'
import type { ScriptedRedis } from '../streams/scripts/index.js'
import type { ReaderTelemetry } from '../telemetry/reader-telemetry.js'
import { decidePressure, type Pressure, type PressureCause, type PressureLimits } from './backpressure.js'

export interface AdmissionOptions {
  readonly redis: ScriptedRedis
  readonly types: readonly TypeKeys[]
  readonly limits: PressureLimits
  readonly telemetry: ReaderTelemetry
  readonly stop: AbortSignal
}

/** While reading goes on, what publishing returns tells the depth; memory, and depth anew, are asked for so often. */
const measureEveryMs = 1000
/** While paused; what being late costs is the time in which parsers may run dry. */
const pausedEveryMs = 50

/** Lets the reader go on while the streams are shallow, and makes it wait while they are deep. */
export class Admission {
  private readonly depth = new Map<string, { entries: number; bytes: number }>()
  private redisMemoryPercent: number | undefined
  private measuredAtMs = Number.NEGATIVE_INFINITY
  private pausedBy: PressureCause | undefined

  constructor(private readonly options: AdmissionOptions) {}

  get cause(): PressureCause | undefined {
    return this.pausedBy
  }

  /** What a publish saw of its type's streams. */
  observe(logType: string, entries: number, bytes: number): void {
    this.depth.set(logType, { entries, bytes })
  }

  /** Resolves when the next chunk may be cut, or when told to stop; `waiting` is told of what it waits for meanwhile. */
  async admit(waiting: (waitingFor: string) => void = () => {}): Promise<void> {
    const { limits, telemetry, stop } = this.options
    for (;;) {
      if (stop.aborted) return
      const waited = this.pausedBy === undefined ? measureEveryMs : pausedEveryMs
      if (performance.now() - this.measuredAtMs >= waited) await this.measure()
      const cause = decidePressure(this.pressure(), limits, this.pausedBy)
      if (this.pausedBy !== undefined && this.pausedBy !== cause) telemetry.resumed(this.pausedBy)
      this.pausedBy = cause
      if (cause === undefined) return
      telemetry.paused(cause)
      waiting(`the streams to drain (${cause})`)
      await sleep(pausedEveryMs, stop)
    }
  }

  private pressure(): Pressure {
    let entries = 0
    let bytes = 0
    for (const depth of this.depth.values()) {
      entries += depth.entries
      bytes += depth.bytes
    }
    return { entries, bytes, redisMemoryPercent: this.redisMemoryPercent }
  }

  private async measure(): Promise<void> {
    const { redis, types, telemetry, stop } = this.options
    this.measuredAtMs = performance.now()
    await throughRedisOutages(
      async () => {
        await Promise.all(
          types.map(async (keys) => {
            const [raw, rows, bytes] = await Promise.all([
              redis.xlen(keys.raw),
              redis.xlen(keys.rows),
              redis.get(keys.bytes),
            ])
            this.depth.set(keys.logType, { entries: raw + rows, bytes: Math.max(0, Number(bytes ?? 0)) })
          }),
        )
        this.redisMemoryPercent = await readMemoryPercent(redis)
      },
      telemetry,
      stop,
    )
  }
}
