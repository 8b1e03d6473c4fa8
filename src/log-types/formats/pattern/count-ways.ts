import { type Automaton, createAutomaton, type Place, type Ways } from './automaton.js'
import { type BytesToTry, createBytesToTry } from './bytes-to-try.js'
import type { PatternNode } from './pattern-node.js'

/** A backtracking matcher has at most so many ways open at any byte of a text, whatever the text is. */
export const MAX_WAYS = 100
/** The search for a text with more gives up after so many different states: nothing is proven then. */
const MAX_STATES = 20_000

export type WayCount =
  | { readonly kind: 'bounded'; readonly states: number; readonly ways: number }
  /** `text`: one that can be taken in more than MAX_WAYS ways, a character a byte; `loops`: what shares it out. */
  | { readonly kind: 'too-many'; readonly text: string; readonly loops: readonly string[] }
  | { readonly kind: 'too-complex' }

interface State {
  /** Sorted by place, each once. */
  readonly counts: Ways
  /** All of them together. */
  readonly ways: number
  readonly parent: State | undefined
  /** The byte that led here. */
  readonly byte: number
}

/**
 * How many ways there are to take a text, for the text that has most. A backtracking matcher tries them one by one, in
 * the worst case all of them, for every beginning of the text; so when no text has more than MAX_WAYS, matching one of
 * n bytes takes at most about MAX_WAYS · n steps, and that is proven and not measured: all states that any text can lead
 * to are looked at. A state is how many ways lead to each place of the expression. Those with most ways are looked at
 * first, so that what grows without bound is found soon.
 */
export function countWays(node: PatternNode): WayCount {
  const automaton = createAutomaton(node)
  if (automaton === undefined) return { kind: 'too-complex' }
  const search = new Search(automaton)
  let state: State | undefined
  do {
    const found = search.follow(state)
    if (found !== undefined) {
      return { kind: 'too-many', text: textOf(found), loops: loopsOf(found, automaton.places) }
    }
    if (search.states > MAX_STATES) return { kind: 'too-complex' }
    state = search.take()
  } while (state !== undefined)
  return { kind: 'bounded', states: search.states, ways: search.most }
}

/** The states that were found, and those of them from where to go on. */
class Search {
  /** The most ways of a state. */
  most = 0
  private readonly seen = new Set<string>()
  /** By number of ways. */
  private readonly waiting: State[][] = Array.from({ length: MAX_WAYS + 1 }, () => [])
  /** None with more ways is waiting. */
  private mostWaiting = 0
  private readonly free: ReadonlySet<number>
  private readonly bytesToTry: BytesToTry
  /** The places that come next whatever the byte is, and by place the ways to get there. Of the state in work. */
  private readonly next: number[] = []
  private readonly waysTo: number[]

  constructor(private readonly automaton: Automaton) {
    const { places } = automaton
    this.free = placesThatTakeAnything(places)
    this.bytesToTry = createBytesToTry(places)
    this.waysTo = places.map(() => 0)
  }

  get states(): number {
    return this.seen.size
  }

  /** The state with most ways of those that wait. */
  take(): State | undefined {
    while (this.mostWaiting > 0 && this.waiting[this.mostWaiting]!.length === 0) this.mostWaiting--
    return this.waiting[this.mostWaiting]!.pop()
  }

  /** Finds the states that one more byte leads to. Returns one that has too many ways, if there is any. */
  follow(from: State | undefined): State | undefined {
    const { next, waysTo } = this
    this.collectNext(from)
    for (const byte of this.bytesToTry(next)) {
      const state = this.stateAfter(byte, from)
      if (state.ways > MAX_WAYS) return state
      this.addNew(state)
    }
    for (const place of next) waysTo[place] = 0
    next.length = 0
    return undefined
  }

  private collectNext(from: State | undefined): void {
    const { places, first } = this.automaton
    if (from === undefined) this.collect(first, 1)
    else {
      const { counts } = from
      for (let at = 0; at < counts.length; at += 2) this.collect(places[counts[at]!]!.next, counts[at + 1]!)
    }
    this.next.sort((a, b) => a - b)
  }

  private collect(ways: Ways, times: number): void {
    const { free, next, waysTo } = this
    for (let at = 0; at < ways.length; at += 2) {
      const place = ways[at]!
      if (free.has(place)) continue
      if (waysTo[place] === 0) next.push(place)
      waysTo[place]! += times * ways[at + 1]!
    }
  }

  private stateAfter(byte: number, parent: State | undefined): State {
    const { places } = this.automaton
    const { next, waysTo } = this
    const counts: number[] = []
    let ways = 0
    for (let at = 0; at < next.length; at++) {
      const place = next[at]!
      if (places[place]!.set[byte] === 0) continue
      counts.push(place, waysTo[place]!)
      ways += waysTo[place]!
    }
    return { counts, ways, parent, byte }
  }

  private addNew(state: State): void {
    const { counts, ways } = state
    // There are fewer places, and fewer ways, than a character has values.
    const key = String.fromCharCode.apply(undefined, counts as number[])
    if (this.seen.has(key)) return
    this.seen.add(key)
    this.waiting[ways]!.push(state)
    this.most = Math.max(this.most, ways)
    this.mostWaiting = Math.max(this.mostWaiting, ways)
  }
}

/**
 * Places after which every text fits, whichever way is taken: the first way that gets there matches, and no other is
 * tried. This is the `.*` at the end of many expressions.
 */
function placesThatTakeAnything(places: readonly Place[]): ReadonlySet<number> {
  const free = new Set([...places.keys()].filter((place) => places[place]!.isLast))
  for (let isDone = false; !isDone; ) {
    isDone = true
    for (const place of free) {
      const targets = placesIn(places[place]!.next)
      if (targets.every((target) => free.has(target)) && coversAllBytes(targets, places)) continue
      free.delete(place)
      isDone = false
    }
  }
  return free
}

function coversAllBytes(targets: readonly number[], places: readonly Place[]): boolean {
  for (let byte = 0; byte < 256; byte++) {
    if (!targets.some((target) => places[target]!.set[byte] === 1)) return false
  }
  return true
}

function placesIn(ways: Ways): number[] {
  return ways.filter((_, at) => at % 2 === 0)
}

function textOf(state: State): string {
  const bytes: number[] = []
  for (let at: State | undefined = state; at !== undefined; at = at.parent) bytes.unshift(at.byte)
  return String.fromCharCode(...bytes)
}

function loopsOf({ counts }: State, places: readonly Place[]): string[] {
  const loops = new Set(placesIn(counts).map((place) => places[place]!.loop))
  return [...loops].flatMap((loop) => loop?.written ?? []).slice(0, 3)
}
