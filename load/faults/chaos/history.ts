/** What happened, for people and for programs. */
export interface HistoryEvent {
  /** Since the load began; before that, since the start. */
  readonly seconds: number
  readonly what: string
}

export interface History {
  readonly events: readonly HistoryEvent[]
  /** The events as lines of text. */
  readonly timeline: readonly string[]
  tell(what: string): void
  /** The load begins. */
  restartClock(): void
}

/** @param print is given each line as it is told. */
export function createHistory(print: (line: string) => void): History {
  let zeroMs = performance.now()
  const events: HistoryEvent[] = []
  const timeline: string[] = []
  return {
    events,
    timeline,
    tell(what) {
      const seconds = Math.round(performance.now() - zeroMs) / 1000
      const line = `${seconds.toFixed(2).padStart(7)} s  ${what}`
      events.push({ seconds, what })
      timeline.push(line)
      print(line)
    },
    restartClock() {
      zeroMs = performance.now()
    },
  }
}
