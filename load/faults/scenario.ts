import type { Oracle } from '../generate/oracle.js'
import type { Trial } from './trial.js'

/** What must be found once everything has arrived. */
export interface Expectation {
  /** The generator's lines: every value is compared. */
  readonly oracle?: Oracle
  /** Lines that the scenario wrote itself, counted by itself. */
  readonly totals?: { readonly lines: number; readonly rows: number; readonly deadLettered: number }
  /** What else has to hold, once everything has arrived. Throws when it does not. */
  readonly check?: () => Promise<void>
}

/**
 * One fault: what is done, what to look at, what to talk about. `run` brings the installation up, does the damage under
 * load, takes it back, and returns what must be found; the judge (judge.ts) then waits until everything has arrived and
 * proves it.
 */
export interface Scenario {
  /** As given on the command line: lower case, hyphens. */
  readonly name: string
  /** Numbers of the faults in docs/faults.md that it injects. */
  readonly faults: readonly number[]
  /** What happens, in a sentence. */
  readonly title: string
  /** What a team sees while it happens: metrics, logs, commands. */
  readonly observe: string
  /** A question worth a discussion. */
  readonly discuss: string
  /** How the system gets over it, and by which safeguard. */
  readonly recovery: string
  /** Part of `npm test`: below ten seconds. */
  readonly quick?: true
  /** Runs against a compose stack as well: it needs nothing but containers to kill, and their servers. */
  readonly compose?: true
  /** It harms the servers, and so has its own. */
  readonly ownServers?: {
    readonly postgres?: Readonly<Record<string, string>>
    readonly redis?: Readonly<Record<string, string>>
  }
  /** Every command is started by way of this, see startProgram: to run with other rights than the scenario. */
  readonly launcher?: readonly string[]
  run(trial: Trial): Promise<Expectation>
}
