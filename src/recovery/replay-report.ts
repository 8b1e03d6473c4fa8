import type { JudgedLetter } from './replay-page.js'

/** Dead letters of one type and reason, and what became, or would become, of them. */
export interface ReplayChange {
  readonly fromType: string
  readonly fromReason: string
  /** 'incomplete': not all bytes of the line are kept, so it was not tried. */
  readonly outcome: 'row' | 'dead' | 'incomplete'
  /** Type of the row, or of the dead letter that it stays. */
  readonly toType: string
  /** Of a dead letter that stays. */
  readonly toReason: string | null
  readonly lines: number
}

/** Some of what a change stands for. */
export interface ReplaySample {
  readonly change: ReplayChange
  readonly judged: JudgedLetter
}

export interface ReplayReport {
  /** The most frequent first. */
  readonly changes: readonly ReplayChange[]
  readonly samples: readonly ReplaySample[]
  readonly rows: number
  /** Lines that still are no rows. */
  readonly failed: number
  readonly incomplete: number
  /** Lines that somebody else took care of meanwhile. */
  readonly gone: number
}

/** Counts what becomes of lines, and keeps some of each kind. */
export class ReplayTally {
  private readonly counts = new Map<
    string,
    { change: ReplayChange; lines: number; samples: JudgedLetter[] }
  >()
  private gone = 0

  constructor(private readonly samplesOfEach: number) {}

  add(judged: JudgedLetter): void {
    const change = changeOf(judged)
    const key = [change.fromType, change.fromReason, change.outcome, change.toType, change.toReason].join(' ')
    let count = this.counts.get(key)
    if (count === undefined) {
      count = { change, lines: 0, samples: [] }
      this.counts.set(key, count)
    }
    count.lines++
    if (count.samples.length < this.samplesOfEach) count.samples.push(judged)
  }

  addGone(lines: number): void {
    this.gone += lines
  }

  report(): ReplayReport {
    const counts = [...this.counts.values()].sort((a, b) => b.lines - a.lines)
    const changes = counts.map(({ change, lines }) => ({ ...change, lines }))
    const linesOf = (outcome: ReplayChange['outcome']) =>
      changes.reduce((sum, change) => sum + (change.outcome === outcome ? change.lines : 0), 0)
    return {
      changes,
      samples: counts.flatMap(({ samples }, index) =>
        samples.map((judged) => ({ change: changes[index]!, judged })),
      ),
      rows: linesOf('row'),
      failed: linesOf('dead'),
      incomplete: linesOf('incomplete'),
      gone: this.gone,
    }
  }
}

function changeOf({ letter, verdict }: JudgedLetter): ReplayChange {
  const from = { fromType: letter.logType, fromReason: letter.reason, lines: 1 }
  switch (verdict.kind) {
    case 'row':
      return { ...from, outcome: 'row', toType: verdict.type.name, toReason: null }
    case 'dead':
      return { ...from, outcome: 'dead', toType: verdict.logType, toReason: verdict.reason }
    case 'incomplete':
      return { ...from, outcome: 'incomplete', toType: letter.logType, toReason: letter.reason }
  }
}

/** Whether a line that stays is refused for the reason that it was refused for. */
export function isUnchanged({ fromType, fromReason, outcome, toType, toReason }: ReplayChange): boolean {
  return outcome === 'dead' && fromType === toType && fromReason === toReason
}
