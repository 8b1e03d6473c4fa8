import type { ByteSet } from './byte-set.js'
import type { PatternNode } from './pattern-node.js'

export type Repeat = Extract<PatternNode, { kind: 'repeat' }>

/** More places than this are not looked at: repetitions with a number are written out. */
const MAX_PLACES = 4000
/** Numbers of ways are not counted further. */
const MANY = 1_000_000

/** Places, each with the number of ways to get there: | place | ways | …. */
export type Ways = readonly number[]

/** One place of an expression where a byte is taken. */
export interface Place {
  readonly set: ByteSet
  /** The innermost repetition around it. */
  readonly loop: Repeat | undefined
  /** The places that can be next, each once. */
  readonly next: number[]
  /** The text may end after it. */
  isLast: boolean
}

export interface Automaton {
  readonly places: readonly Place[]
  /** The places that can be first. */
  readonly first: Ways
}

/** Where a part begins and ends, and in how many ways it can be empty. Every part has places of its own. */
interface Part {
  readonly first: Ways
  readonly last: Ways
  readonly empty: number
}

const nothing: Part = { first: [], last: [], empty: 1 }

/** Undefined for an expression that is too large. */
export function createAutomaton(node: PatternNode): Automaton | undefined {
  const builder = new Builder()
  const whole = builder.part(node, undefined)
  if (builder.isTooLarge) return undefined
  for (let at = 0; at < whole.last.length; at += 2) builder.places[whole.last[at]!]!.isLast = true
  return { places: builder.places, first: whole.first }
}

class Builder {
  readonly places: Place[] = []
  isTooLarge = false

  part(node: PatternNode, loop: Repeat | undefined): Part {
    if (this.isTooLarge) return nothing
    switch (node.kind) {
      case 'byte': {
        const only = [this.places.length, 1]
        this.places.push({ set: node.set, loop, next: [], isLast: false })
        this.isTooLarge = this.places.length > MAX_PLACES
        return { first: only, last: only, empty: 0 }
      }
      case 'capture':
        return this.part(node.part, loop)
      case 'sequence':
        return node.parts.reduce<Part>((before, part) => this.join(before, this.part(part, loop)), nothing)
      case 'choice': {
        const options = node.options.map((option) => this.part(option, loop))
        return {
          first: options.flatMap(({ first }) => first),
          last: options.flatMap(({ last }) => last),
          empty: atMost(options.reduce((ways, { empty }) => ways + empty, 0)),
        }
      }
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
    const { last } = before
    const { first } = after
    for (let from = 0; from < last.length; from += 2) {
      const { next } = this.places[last[from]!]!
      // Only in what is repeated the one can follow the other already.
      const known = before === after ? indexesOf(next) : none
      for (let to = 0; to < first.length; to += 2) {
        const ways = last[from + 1]! * first[to + 1]!
        const index = known.get(first[to]!)
        if (index === undefined) next.push(first[to]!, atMost(ways))
        else next[index] = atMost(next[index]! + ways)
      }
    }
  }

  private join(before: Part, after: Part): Part {
    this.connect(before, after)
    return {
      first: before.empty > 0 ? before.first.concat(times(after.first, before.empty)) : before.first,
      last: after.empty > 0 ? after.last.concat(times(before.last, after.empty)) : after.last,
      empty: atMost(before.empty * after.empty),
    }
  }
}

function optional(part: Part): Part {
  return { ...part, empty: part.empty + 1 }
}

const none: ReadonlyMap<number, number> = new Map()

/** By place where its number of ways stands. */
function indexesOf(ways: Ways): ReadonlyMap<number, number> {
  const indexes = new Map<number, number>()
  for (let at = 0; at < ways.length; at += 2) indexes.set(ways[at]!, at + 1)
  return indexes
}

function times(ways: Ways, factor: number): Ways {
  return factor === 1 ? ways : ways.map((value, at) => (at % 2 === 0 ? value : atMost(value * factor)))
}

function atMost(ways: number): number {
  return Math.min(ways, MANY)
}
