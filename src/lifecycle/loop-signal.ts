/**
 * By which a loop of a stage tells how it gets on. `src/http/progress.ts` says what follows from it. All are cheap, and
 * called by the loop itself, per batch or per turn.
 */
export interface LoopSignal {
  /** There is something to do: if it was resting, its silence counts from here. */
  begin(): void
  /** It has advanced, or has verified that there is nothing to do. Not: it has tried. */
  beat(): void
  /** It sleeps until its time comes, or until there is work: its silence means nothing until it begins. */
  rest(): void
  /** Something outside of this process holds it up, where a restart would not help. Repeated like a beat. */
  waiting(waitingFor: string): void
  /** It has ended as it should. */
  end(): void
}

/** Called for each loop before it starts. Names are few and fixed: they are those that /healthz shows. */
export type WatchLoop = (loop: string) => LoopSignal

const ignore = () => {}

/** Of a loop that nobody watches. */
export const unwatched: LoopSignal = {
  begin: ignore,
  beat: ignore,
  rest: ignore,
  waiting: ignore,
  end: ignore,
}
