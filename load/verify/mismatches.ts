/** What can be wrong, from the outside in. A fixed set: scripts may ask for single kinds. */
export const MISMATCH_KINDS = [
  'source_missing',
  'source_ambiguous',
  'source_unexpected',
  'source_total',
  'row_total',
  'row_duplicate',
  'row_missing',
  'row_value',
  'dead_letter_total',
  'dead_letter_duplicate',
  'dead_letter_missing',
  'dead_letter_value',
] as const
export type MismatchKind = (typeof MISMATCH_KINDS)[number]

/** Where it is and what stands there, ready for JSON. */
export type MismatchDetail = Readonly<Record<string, string | number | boolean | null>>

export interface MismatchGroup {
  readonly kind: MismatchKind
  readonly count: number
  /** The first few. */
  readonly samples: readonly MismatchDetail[]
}

/** Enough to see a pattern. A broken run has millions, and they must fit into memory and on a screen. */
const SAMPLES_PER_KIND = 5

export class Mismatches {
  private readonly byKind = new Map<MismatchKind, { count: number; samples: MismatchDetail[] }>()

  add(kind: MismatchKind, detail: MismatchDetail): void {
    const group = this.byKind.get(kind) ?? { count: 0, samples: [] }
    group.count++
    if (group.samples.length < SAMPLES_PER_KIND) group.samples.push(detail)
    this.byKind.set(kind, group)
  }

  /** Reports a difference between two numbers, if there is one. */
  compareCount(kind: MismatchKind, where: MismatchDetail, expected: number, found: number): void {
    if (expected !== found) this.add(kind, { ...where, expected, found })
  }

  get groups(): readonly MismatchGroup[] {
    return MISMATCH_KINDS.flatMap((kind) => {
      const group = this.byKind.get(kind)
      return group === undefined ? [] : [{ kind, ...group }]
    })
  }
}
