import type { LogType, Refusal } from '../log-types/log-type.js'

/** A line to be shown: where it is, and its first bytes. */
export interface ShownLine {
  readonly path: string
  /** From 1. */
  readonly number: number
  /** Of a longer line the first bytes. */
  readonly raw: Buffer
}

export interface TypeTally {
  lines: number
  rows: number
  /** The lines that an active type takes, as long as this one is not active. */
  readonly takenFrom: Map<string, number>
}

export interface RefusedLines {
  readonly logType: string
  readonly refusal: Refusal
  lines: number
  readonly first: ShownLine
}

export type UnclaimedReason = 'no_type' | 'empty_line' | 'oversize_line'

/** Of each line so much is kept. */
const shownBytes = 1024

/**
 * What became of the lines that were tried. Its size depends on the types and their reasons, which are fixed, and not on
 * the lines.
 */
export class TryTally {
  lines = 0
  readonly types: readonly TypeTally[]
  readonly unclaimed: Record<UnclaimedReason, number> = { no_type: 0, empty_line: 0, oversize_line: 0 }
  /** The first lines that no type claims. */
  readonly firstUnclaimed: ShownLine[] = []
  private readonly refusals = new Map<Refusal, RefusedLines>()

  constructor(
    types: readonly LogType[],
    private readonly shownLines: number,
  ) {
    this.types = types.map(() => ({ lines: 0, rows: 0, takenFrom: new Map<string, number>() }))
  }

  addUnclaimed(reason: UnclaimedReason, path: string, number: number, line: Buffer): void {
    this.unclaimed[reason]++
    if (reason !== 'no_type' || this.firstUnclaimed.length >= this.shownLines) return
    this.firstUnclaimed.push({ path, number, raw: keep(line) })
  }

  addRefused(logType: string, refusal: Refusal, path: string, number: number, line: Buffer): void {
    const known = this.refusals.get(refusal)
    if (known !== undefined) known.lines++
    else this.refusals.set(refusal, { logType, refusal, lines: 1, first: { path, number, raw: keep(line) } })
  }

  /** Most frequent first. */
  get refused(): RefusedLines[] {
    return [...this.refusals.values()].sort((a, b) => b.lines - a.lines)
  }
}

/** The memory that lines are read into is used again. */
function keep(line: Buffer): Buffer {
  return Buffer.from(line.subarray(0, shownBytes))
}
