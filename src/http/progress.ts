/** What /healthz says about one loop. */
export interface LoopHealth {
  readonly loop: string
  readonly healthy: boolean
  /** When it last advanced, or last made sure that there was nothing to do. */
  readonly lastProgressAt: string
  readonly secondsSinceProgress: number
  /** After so long without progress it counts as stuck. */
  readonly allowedSeconds: number
  /** What it waits for, where it has said so; `work` when it has nothing to do. */
  readonly waitingFor?: string
}

export interface HealthReport {
  readonly healthy: boolean
  readonly loops: readonly LoopHealth[]
}

/**
 * Whether the process gets anywhere. A loop that turns without achieving anything looks alive from outside; so
 * each loop reports what it has achieved, and silence is what makes it unhealthy.
 *
 *   register ─► beat … beat ─► (nothing for longer than allowed: unhealthy) ─► beat: healthy again
 *                  │
 *                  └─► rest: however long, healthy ─► begin: its silence counts again
 *
 * Each loop is known by a name of its own: one that hangs must not be hidden by the others of its role.
 *
 * All methods are cheap and called from the loops themselves, per batch or per turn.
 */
export interface Progress {
  /** Before the loop starts; its allowance runs from here. */
  register(loop: string, allowedMs: number): void
  /** It has advanced, or has verified that there is nothing to do. Not: it has tried. */
  beat(loop: string): void
  /**
   * It has verified that something outside of this process holds it up (an outage, backpressure), where a restart
   * would not help. Has to be repeated like a beat, so that a loop that hangs while it waits is noticed.
   */
  waiting(loop: string, waitingFor: string): void
  /** It sleeps until its time comes or until there is work. */
  rest(loop: string): void
  /** There is something to do for it: if it was resting, its allowance runs from here. */
  begin(loop: string): void
  /** The loop has ended as it should. */
  remove(loop: string): void
  /** The loops of another process, as that one last told of them; those told of before are forgotten. */
  mirror(loops: readonly LoopHealth[]): void
  report(): HealthReport
}

interface LoopState {
  readonly allowedMs: number
  heardAtMs: number
  progressAtMs: number
  resting: boolean
  waitingFor: string | undefined
}

/** What a loop that rests waits for. */
const work = 'work'

/** `now`: milliseconds of a clock; a monotonic one is best, since a clock that is set makes silence of a beat. */
export function createProgress(now: () => number = () => performance.now()): Progress {
  const loops = new Map<string, LoopState>()
  let mirrored: readonly LoopHealth[] = []

  function describe(loop: string, state: LoopState, atMs: number): LoopHealth {
    const sinceProgressMs = Math.max(0, atMs - state.progressAtMs)
    return {
      loop,
      healthy: state.resting || atMs - state.heardAtMs <= state.allowedMs,
      lastProgressAt: new Date(Date.now() - sinceProgressMs).toISOString(),
      secondsSinceProgress: Math.round(sinceProgressMs) / 1000,
      allowedSeconds: state.allowedMs / 1000,
      ...(state.waitingFor === undefined ? {} : { waitingFor: state.waitingFor }),
    }
  }

  return {
    register(loop, allowedMs) {
      const atMs = now()
      const state = { allowedMs, heardAtMs: atMs, progressAtMs: atMs, resting: false, waitingFor: undefined }
      loops.set(loop, state)
    },
    beat(loop) {
      const state = loops.get(loop)
      if (state === undefined) return
      const atMs = now()
      state.heardAtMs = atMs
      state.progressAtMs = atMs
      state.resting = false
      state.waitingFor = undefined
    },
    waiting(loop, waitingFor) {
      const state = loops.get(loop)
      // What rests waits for nothing yet.
      if (state === undefined || state.resting) return
      state.heardAtMs = now()
      state.waitingFor = waitingFor
    },
    rest(loop) {
      const state = loops.get(loop)
      if (state === undefined) return
      state.resting = true
      state.waitingFor = work
    },
    begin(loop) {
      const state = loops.get(loop)
      if (state?.resting !== true) return
      state.heardAtMs = now()
      state.resting = false
      state.waitingFor = undefined
    },
    remove(loop) {
      loops.delete(loop)
    },
    mirror(others) {
      mirrored = others
    },
    report() {
      const atMs = now()
      const reports = [...[...loops].map(([loop, state]) => describe(loop, state, atMs)), ...mirrored]
      return { healthy: reports.every(({ healthy }) => healthy), loops: reports }
    },
  }
}
