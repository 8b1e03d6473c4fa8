/** What a line is in the tables, or would be. */
export type LineState =
  | { readonly kind: 'row'; readonly logType: string }
  | { readonly kind: 'dead'; readonly reason: string }

/** A column that would have another value. As PostgreSQL shows values in JSON. */
export interface ColumnChange {
  readonly column: string
  readonly before: unknown
  readonly after: unknown
}

export interface LineChange {
  readonly before: LineState
  readonly after: LineState
  /** It is a row of the type that it was, with other values. */
  readonly hasOtherValues: boolean
}

/** A line of which something would change, for looking at. */
export interface ChangeSample extends LineChange {
  readonly sourceId: number
  readonly lineOffset: number
  /** Its beginning; holds whatever a log holds. */
  readonly line: string
  readonly columns: readonly ColumnChange[]
}

/** Lines with the same change. */
export interface ChangeCount extends LineChange {
  readonly lines: number
}

/** Lines by what would become of them; every line is one of these. */
export interface ChangeTotals {
  /** Rows that would stay as they are, and rows of the same type with other values. */
  same: number
  changed: number
  /** Rows of another type than now. */
  moved: number
  toDeadLetter: number
  toRow: number
  /** Dead letters, be it for another reason. */
  stillDead: number
  /** Dropped by an operator, and left alone. */
  dropped: number
}

/** Samples kept of each kind of change. */
const samplesPerChange = 3

/** Adds up what a dry run finds, line by line. */
export class ChangeReport {
  readonly totals: ChangeTotals = {
    ...{ same: 0, changed: 0, moved: 0, toDeadLetter: 0, toRow: 0, stillDead: 0, dropped: 0 },
  }
  private readonly byChange = new Map<
    string,
    { count: LineChange & { lines: number }; samples: ChangeSample[] }
  >()

  /** `sample` is asked for only where one is wanted. */
  add(change: LineChange, sample: () => ChangeSample): void {
    const kind = kindOf(change)
    this.totals[kind]++
    const isSameState = JSON.stringify(change.before) === JSON.stringify(change.after)
    if (isSameState && !change.hasOtherValues) return
    const key = JSON.stringify([change.before, change.after, change.hasOtherValues])
    let known = this.byChange.get(key)
    if (known === undefined) {
      known = { count: { ...change, lines: 0 }, samples: [] }
      this.byChange.set(key, known)
    }
    known.count.lines++
    if (known.samples.length < samplesPerChange) known.samples.push(sample())
  }

  addDropped(): void {
    this.totals.dropped++
  }

  /** What would change, the most frequent first. */
  get counts(): ChangeCount[] {
    return [...this.byChange.values()].map(({ count }) => count).sort((a, b) => b.lines - a.lines)
  }

  get samples(): ChangeSample[] {
    return [...this.byChange.values()]
      .sort((a, b) => b.count.lines - a.count.lines)
      .flatMap(({ samples }) => samples)
  }
}

function kindOf({ before, after, hasOtherValues }: LineChange): keyof ChangeTotals {
  if (before.kind === 'dead') return after.kind === 'dead' ? 'stillDead' : 'toRow'
  if (after.kind === 'dead') return 'toDeadLetter'
  if (before.logType !== after.logType) return 'moved'
  return hasOtherValues ? 'changed' : 'same'
}
