import type { ByteSet } from './byte-set.js'
import type { PatternNode } from './pattern-node.js'

export type Repeat = Extract<PatternNode, { kind: 'repeat' }>

/** More places than this are not looked at: repetitions with a number are written out. */
const MAX_PLACES = 4000
/** Numbers of ways are not counted further. */
const MANY = 1_000_000

/** One place of an expression where a byte is taken. */
export interface Place {
  readonly set: ByteSet
  /** The innermost repetition around it. */
  readonly loop: Repeat | undefined
  /** The places that can be next, each with the number of ways to get there. */
  readonly next: Map<number, number>
  /** The text may end after it. */
  isLast: boolean
}

export interface Automaton {
  readonly places: readonly Place[]
  /** The places that can be first. */
  readonly first: ReadonlyMap<number, number>
}

/** Where a part begins and ends, and in how many ways it can be empty. */
interface Part {
  readonly first: ReadonlyMap<number, number>
  readonly last: ReadonlyMap<number, number>
  readonly empty: number
}

const nothing: Part = { first: new Map(), last: new Map(), empty: 1 }

/** Undefined for an expression that is too large. */
export function createAutomaton(node: PatternNode): Automaton | undefined {
  const builder = new Builder()
  const whole = builder.part(node, undefined)
  if (builder.isTooLarge) return undefined
  for (const place of whole.last.keys()) builder.places[place]!.isLast = true
  return { places: builder.places, first: whole.first }
}

class Builder {
  readonly places: Place[] = []
  isTooLarge = false

  part(node: PatternNode, loop: Repeat | undefined): Part {
    if (this.isTooLarge) return nothing
    switch (node.kind) {
      case 'byte': {
        const only = new Map([[this.places.length, 1]])
        this.places.push({ set: node.set, loop, next: new Map(), isLast: false })
        this.isTooLarge = this.places.length > MAX_PLACES
        return { first: only, last: only, empty: 0 }
      }
      case 'capture':
        return this.part(node.part, loop)
      case 'sequence':
        return node.parts.reduce<Part>((before, part) => this.join(before, this.part(part, loop)), nothing)
      case 'choice':
        return node.options
          .map((option) => this.part(option, loop))
          .reduce((a, b) => ({
            first: sum(a.first, b.first, 1),
            last: sum(a.last, b.last, 1),
            empty: atMost(a.empty + b.empty),
          }))
      case 'repeat':
        return this.repeat(node, loop)
    }
  }

  private repeat(node: Repeat, loop: Repeat | undefined): Part {
    const { part, min, max } = node
    const inside = max > 1 ? node : loop
    const copy = () => this.part(part, inside)
    let whole = nothing
    for (let count = 0; count < min - 1 && !this.isTooLarge; count++) whole = this.join(whole, copy())
    if (max === Infinity) {
      const repeated = copy()
      this.connect(repeated, repeated)
      return this.join(whole, min > 0 ? repeated : optional(repeated))
    }
    if (min > 0) whole = this.join(whole, copy())
    // What may follow stands in itself: x{0,3} is (?:x(?:x(?:x)?)?)?, so that it is left out in one way only.
    const copies: Part[] = []
    for (let count = min; count < max && !this.isTooLarge; count++) copies.push(copy())
    const rest = copies.reduceRight<Part>((after, one) => optional(this.join(one, after)), nothing)
    return this.join(whole, rest)
  }

  private connect(before: Part, after: Part): void {
    for (const [from, ends] of before.last) {
      const { next } = this.places[from]!
      for (const [to, begins] of after.first) next.set(to, atMost((next.get(to) ?? 0) + ends * begins))
    }
  }

  private join(before: Part, after: Part): Part {
    this.connect(before, after)
    return {
      first: before.empty > 0 ? sum(before.first, after.first, before.empty) : before.first,
      last: after.empty > 0 ? sum(after.last, before.last, after.empty) : after.last,
      empty: atMost(before.empty * after.empty),
    }
  }
}

function optional(part: Part): Part {
  return { ...part, empty: part.empty + 1 }
}

function sum(
  a: ReadonlyMap<number, number>,
  b: ReadonlyMap<number, number>,
  timesB: number,
): ReadonlyMap<number, number> {
  const both = new Map(a)
  for (const [place, ways] of b) both.set(place, atMost((both.get(place) ?? 0) + ways * timesB))
  return both
}

function atMost(ways: number): number {
  return Math.min(ways, MANY)
}
