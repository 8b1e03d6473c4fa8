import type { Stack } from './stack.js'

/** A panel of Grafana, and what one sees there. */
export interface Look {
  /** Uid of a dashboard in grafana/dashboards. */
  readonly dashboard: string
  /** Its title. */
  readonly panel: string
  readonly see: string
}

/** What Prometheus must say. */
export interface ExpectedAlert {
  readonly name: string
  /** From the fault until it fires at the latest; the drill fails later. */
  readonly firesWithinSeconds: number
  /** From the recovery until it is gone. Left out: it looks back for longer than anybody would wait. */
  readonly clearsWithinSeconds?: number
}

/** One failure that a team causes, watches and talks about. `run-drill.ts` does what all have in common. */
export interface Drill {
  /** As given on the command line: lower case, hyphens. */
  readonly name: string
  /** What is done, in a sentence. */
  readonly title: string
  readonly watch: readonly Look[]
  /** Left out: none may begin to fire. */
  readonly alert?: ExpectedAlert
  /** How long the fault lasts at least; until its alert fires, if that takes longer. */
  readonly holdSeconds: number
  /** To be answered before the recovery. */
  readonly questions: readonly string[]
  /** Causes the fault. */
  cause(stack: Stack): Promise<void>
  /** Takes it back. Called also when `cause` failed half-way, and when the drill is interrupted. */
  recover(stack: Stack): Promise<void>
}
