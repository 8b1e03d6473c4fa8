import { type Automaton, createAutomaton, type Place } from './automaton.js'
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
  /** | place | number of ways to be there |, sorted by place. */
  readonly counts: readonly (readonly [number, number])[]
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
  const { places } = automaton
  const free = placesThatTakeAnything(automaton)
  const { representatives, classesOf } = byteClasses(places)
  const seen = new Set<string>()
  /** By number of ways. */
  const waiting: State[][] = Array.from({ length: MAX_WAYS + 1 }, () => [])
  let most = 0
  let from: State | undefined
  for (;;) {
    const tables: (Map<number, number> | undefined)[] = representatives.map(() => undefined)
    const add = (targets: Iterable<readonly [number, number]>, ways: number) => {
      for (const [place, times] of targets) {
        if (free.has(place)) continue
        for (const byteClass of classesOf[place]!) {
          let table = tables[byteClass]
          if (table === undefined) {
            table = new Map()
            tables[byteClass] = table
          }
          table.set(place, (table.get(place) ?? 0) + ways * times)
        }
      }
    }
    if (from === undefined) add(automaton.first, 1)
    else for (const [place, ways] of from.counts) add(places[place]!.next, ways)
    for (const [byteClass, table] of tables.entries()) {
      if (table === undefined) continue
      let total = 0
      for (const ways of table.values()) total += ways
      const state: State = {
        counts: [...table].sort(([a], [b]) => a - b),
        parent: from,
        byte: representatives[byteClass]!,
      }
      if (total > MAX_WAYS) return { kind: 'too-many', text: textOf(state), loops: loopsOf(state, places) }
      const key = state.counts.join(';')
      if (seen.has(key)) continue
      seen.add(key)
      most = Math.max(most, total)
      waiting[total]!.push(state)
    }
    if (seen.size > MAX_STATES) return { kind: 'too-complex' }
    from = waiting.findLast((states) => states.length > 0)?.pop()
    if (from === undefined) return { kind: 'bounded', states: seen.size, ways: most }
  }
}

/**
 * Places after which every text fits, whichever way is taken: the first way that gets there matches, and no other is
 * tried. This is the `.*` at the end of many expressions.
 */
function placesThatTakeAnything({ places }: Automaton): ReadonlySet<number> {
  const free = new Set(places.keys())
  for (let isDone = false; !isDone; ) {
    isDone = true
    for (const place of free) {
      const { isLast, next } = places[place]!
      const targets = [...next.keys()]
      const takesAll =
        isLast && targets.every((target) => free.has(target)) && coversAllBytes(targets, places)
      if (takesAll) continue
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

/** Bytes that all places treat alike are one class, with one byte that stands for it: a printable one if there is any. */
function byteClasses(places: readonly Place[]): { representatives: number[]; classesOf: number[][] } {
  const sets = [...new Set(places.map(({ set }) => set))]
  const bySignature = new Map<string, number>()
  for (let at = 0; at < 256; at++) {
    const byte = (at + 0x20) & 0xff
    const signature = sets.map((set) => set[byte]).join('')
    if (!bySignature.has(signature)) bySignature.set(signature, byte)
  }
  const representatives = [...bySignature.values()]
  const classes = new Map(
    sets.map((set) => [set, representatives.flatMap((byte, index) => (set[byte] === 1 ? [index] : []))]),
  )
  return { representatives, classesOf: places.map(({ set }) => classes.get(set)!) }
}

function textOf(state: State): string {
  const bytes: number[] = []
  for (let at: State | undefined = state; at !== undefined; at = at.parent) bytes.unshift(at.byte)
  return String.fromCharCode(...bytes)
}

function loopsOf({ counts }: State, places: readonly Place[]): string[] {
  const loops = new Set(counts.map(([place]) => places[place]!.loop))
  return [...loops].flatMap((loop) => loop?.written ?? []).slice(0, 3)
}
