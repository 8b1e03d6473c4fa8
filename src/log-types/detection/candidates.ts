import { TextSet } from '../bytes/text-set.js'
import type { EnvelopeKind } from '../envelopes/envelope-schema.js'
import { envelopes } from '../envelopes/read-envelope.js'
import type { Detection } from './detection.js'
import { beginsWithSpacedToken } from './detector.js'
import { firstBytesOf, NO_BYTE } from './first-bytes.js'

/** What may claim a text: one rule of one type, or the rules of several types that look into the same envelope. */
export class Candidate {
  /** The program decides by itself. */
  readonly isPlain: boolean
  readonly beginsWithSpacedToken: boolean

  constructor(
    /** Index of the type; of a group -1. */
    readonly type: number,
    /** For runDetector. */
    readonly program: Int32Array,
    /** Numbers of the texts that must be there; undefined: none. */
    readonly contains: Int32Array | undefined,
    readonly group: Group | undefined,
  ) {
    this.beginsWithSpacedToken = beginsWithSpacedToken(program)
    this.isPlain = contains === undefined && group === undefined
  }
}

/** By a text's first byte, or NO_BYTE, the candidates in the order in which they are tried. */
export type CandidatesByFirstByte = readonly (readonly Candidate[])[]

/** Types with the same envelope that come one after the other: the envelope is opened once for all of them. */
export interface Group {
  readonly envelope: EnvelopeKind
  readonly apps: TextSet
  /** By 1 + the number of the program that wrote the line; 0: one that no type names, or none. */
  readonly byApp: readonly CandidatesByFirstByte[]
}

/** One type, compiled. */
interface Entry {
  readonly type: number
  readonly envelope: EnvelopeKind | undefined
  readonly apps: readonly string[] | undefined
  readonly rules: readonly { readonly candidate: Candidate; readonly firstBytes: ReadonlySet<number> }[]
}

/** For all types, in their order. `literals` gives the number of a text of `contains`. */
export function compileCandidates(
  detections: readonly Detection[],
  literals: ReadonlyMap<string, number>,
): CandidatesByFirstByte {
  const entries = detections.map((detection, type) => compileEntry(type, detection, literals))
  const groups = new Map<string, Candidate>()
  return Array.from({ length: NO_BYTE + 1 }, (_, byte) => {
    const row: Candidate[] = []
    // What cannot begin with this byte does not part those that can.
    const possible = entries.filter((entry) => canBegin(entry, byte))
    for (let at = 0; at < possible.length; ) {
      const { envelope } = possible[at]!
      if (envelope === undefined) {
        row.push(...candidatesOf(possible[at++]!, byte))
        continue
      }
      const members: Entry[] = []
      while (at < possible.length && possible[at]!.envelope === envelope) members.push(possible[at++]!)
      const key = members.map((member) => member.type).join(' ')
      const group = groups.get(key) ?? compileGroup(envelope, members)
      groups.set(key, group)
      row.push(group)
    }
    return row
  })
}

function compileEntry(
  type: number,
  { envelope, apps, rules }: Detection,
  literals: ReadonlyMap<string, number>,
): Entry {
  const compiled = rules.map(({ template, program, contains }) => {
    const numbers = contains.map((text) => literals.get(text)!)
    const searched = numbers.length === 0 ? undefined : Int32Array.from(numbers)
    const candidate = new Candidate(type, Int32Array.from(program), searched, undefined)
    return { candidate, firstBytes: new Set(firstBytesOf(template)) }
  })
  return { type, envelope, apps, rules: compiled }
}

function canBegin({ envelope, rules }: Entry, byte: number): boolean {
  if (envelope === undefined) return rules.some(({ firstBytes }) => firstBytes.has(byte))
  return byte !== NO_BYTE && envelopes[envelope].firstBytes.includes(String.fromCharCode(byte))
}

function compileGroup(envelope: EnvelopeKind, members: readonly Entry[]): Candidate {
  const names = [...new Set(members.flatMap(({ apps }) => apps ?? []))]
  const byApp = [undefined, ...names].map((name) => {
    const own = members.filter(
      ({ apps }) => apps === undefined || (name !== undefined && apps.includes(name)),
    )
    return Array.from({ length: NO_BYTE + 1 }, (_, byte) => own.flatMap((entry) => candidatesOf(entry, byte)))
  })
  return new Candidate(-1, new Int32Array(1), undefined, { envelope, apps: new TextSet(names), byApp })
}

function candidatesOf({ rules }: Entry, byte: number): Candidate[] {
  return rules.flatMap(({ candidate, firstBytes }) => (firstBytes.has(byte) ? [candidate] : []))
}

/** Every text that a type searches, once. */
export function literalsOf(detections: readonly Detection[]): string[] {
  return [...new Set(detections.flatMap(({ rules }) => rules.flatMap(({ contains }) => contains)))]
}
