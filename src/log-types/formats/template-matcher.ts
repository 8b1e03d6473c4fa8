import { findFirst, findLast, startsWithLiteral } from '../bytes/find-literal.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import type { TemplatePart } from './template.js'

/** One step, five numbers: | slot of the placeholder | literal start | literal length | toLast | refusal index | */
const STEP = 5

/**
 * A compiled template. Takes one pass over the line and does not go back: a line that fits only if an earlier
 * placeholder were longer does not match.
 */
export class TemplateMatcher {
  private readonly steps: Int32Array
  private readonly literals: Uint8Array
  private readonly leadingLength: number
  private readonly refusals: readonly Refusal[]

  /** `slotOf` says in which pair of `fields` the run of a placeholder is put; -1: in none. */
  constructor(parts: readonly TemplatePart[], slotOf: (placeholder: string) => number) {
    const [first] = parts
    const leading = first?.kind === 'literal' ? first.text : ''
    const refusals = [
      createRefusal('no_match', `expected ${JSON.stringify(leading)} at the start of the line`),
    ]
    const steps: number[] = []
    let literals = leading
    parts.forEach((part, index) => {
      if (part.kind === 'literal') return
      const next = parts[index + 1]
      const literal = next?.kind === 'literal' ? next.text : ''
      steps.push(slotOf(part.name), literals.length, literal.length, part.toLast ? 1 : 0, refusals.length)
      literals += literal
      refusals.push(
        createRefusal('no_match', `expected ${JSON.stringify(literal)} after ${part.name}`),
        createRefusal('no_match', `expected ${part.name}, which is empty`),
      )
    })
    this.leadingLength = leading.length
    this.literals = Buffer.from(literals, 'latin1')
    this.steps = Int32Array.from(steps)
    this.refusals = refusals
  }

  /**
   * Puts start and end of every run into fields[2 · slot] and fields[2 · slot + 1]; returns where the template ends in
   * the line, or a negative number for `refusal`.
   */
  match(bytes: Buffer, start: number, end: number, fields: Int32Array): number {
    const { steps, literals, leadingLength } = this
    if (!startsWithLiteral(bytes, start, end, literals, 0, leadingLength)) return -1
    let at = start + leadingLength
    for (let step = 0; step < steps.length; step += STEP) {
      const slot = steps[step]!
      const literalStart = steps[step + 1]!
      const literalLength = steps[step + 2]!
      let stop = end
      if (literalLength > 0) {
        stop =
          steps[step + 3] === 1
            ? findLast(bytes, at, end, literals, literalStart, literalLength)
            : findFirst(bytes, at, end, literals, literalStart, literalLength)
      }
      if (stop < 0) return -1 - steps[step + 4]!
      if (stop === at) return -2 - steps[step + 4]!
      if (slot >= 0) {
        fields[2 * slot] = at
        fields[2 * slot + 1] = stop
      }
      at = stop + literalLength
    }
    return at
  }

  /** The refusal for a negative result of `match`. */
  refusal(result: number): Refusal {
    return this.refusals[-1 - result]!
  }
}
