import { APP, EnvelopeLine } from '../envelopes/envelope-line.js'
import { type EnvelopeKind, envelopeKinds } from '../envelopes/envelope-schema.js'
import { type EnvelopeReader, envelopes } from '../envelopes/read-envelope.js'
import { appendUnescaped } from '../formats/json-string.js'
import { Scratch } from '../line/scratch.js'
import {
  type Candidate,
  type CandidatesByFirstByte,
  compileCandidates,
  type Group,
  literalsOf,
} from './candidates.js'
import { ContainsIndex, MAX_SEARCHED_BYTES } from './contains-index.js'
import type { Detection } from './detection.js'
import { plainEnd, runDetector, tokenSpace } from './detector.js'
import { NO_BYTE } from './first-bytes.js'

/** So many candidates are tried before it pays to remember what was found out about the line. */
const TRIED_ALONE = 3
/** Not looked for yet. */
const UNKNOWN = -2

/** A text that rules look at: the line, or what is in its envelope. What is found out about it is kept. */
class Text {
  bytes: Buffer = Buffer.alloc(0)
  start = 0
  end = 0
  plainEnd = 0
  /** Which texts of `contains` are in it, once they were searched. */
  readonly found: Uint8Array
  isSearched = false

  constructor(literals: number) {
    this.found = new Uint8Array(literals)
  }

  set(bytes: Buffer, start: number, end: number, textPlainEnd: number): void {
    this.bytes = bytes
    this.start = start
    this.end = end
    this.plainEnd = textPlainEnd
    this.isSearched = false
  }
}

/** An envelope of the line in work, opened at most once for all types that look into it. */
class OpenEnvelope {
  readonly read: EnvelopeReader
  readonly line = new EnvelopeLine()
  readonly scratch = new Scratch()
  isOpened = false
  isThere = false

  constructor(
    kind: EnvelopeKind,
    readonly text: Text,
  ) {
    this.read = envelopes[kind].read
  }

  open(bytes: Buffer, start: number, end: number): void {
    const { line, scratch } = this
    this.isOpened = true
    this.isThere = this.read(bytes, start, end, line)
    if (!this.isThere) return
    let { messageStart: from, messageEnd: to } = line
    let text = bytes
    if (line.isEscaped) {
      scratch.clear()
      // Cut off in the middle of an escape at worst, and not checked yet: what is no JSON gives other text.
      appendUnescaped(scratch, bytes, from, Math.min(to, from + MAX_SEARCHED_BYTES))
      text = scratch.buffer
      from = 0
      to = scratch.position
    }
    this.text.set(text, from, to, plainEnd(text, from, to))
  }
}

/**
 * Finds the first type that recognises a line. A line's first byte leaves few candidates; an envelope is opened once,
 * and the program that wrote the line leaves few of those that look into it; texts of `contains` are searched in one
 * pass for all types, and only when a rule whose template fits asks for one. So thirty types cost little more than three.
 */
export class Classifier {
  private readonly candidates: CandidatesByFirstByte
  private readonly index: ContainsIndex
  private readonly line: Text
  private readonly opened: ReadonlyMap<EnvelopeKind, OpenEnvelope>
  private readonly openedList: readonly OpenEnvelope[]

  constructor(detections: readonly Detection[]) {
    const texts = literalsOf(detections)
    this.index = new ContainsIndex(texts)
    this.candidates = compileCandidates(detections, new Map(texts.map((text, number) => [text, number])))
    this.line = new Text(texts.length)
    const used = envelopeKinds.filter((kind) => detections.some(({ envelope }) => envelope === kind))
    this.opened = new Map(used.map((kind) => [kind, new OpenEnvelope(kind, new Text(texts.length))]))
    this.openedList = [...this.opened.values()]
  }

  /** The index of the first type that recognises the line [start, end), or -1. Never throws; bounded steps. */
  classify(bytes: Buffer, start: number, end: number): number {
    const row = this.candidates[start < end ? bytes[start]! : NO_BYTE]!
    const linePlainEnd = plainEnd(bytes, start, end)
    for (let i = 0; i < row.length; i++) {
      const { program, type, isPlain } = row[i]!
      if (!isPlain || i === TRIED_ALONE) return this.classifyFrom(row, i, bytes, start, end, linePlainEnd)
      if (runDetector(program, 0, bytes, start, end, linePlainEnd)) return type
    }
    return -1
  }

  /** Goes on at the first candidate for which the beginning of the line is not enough, or that is one of many. */
  private classifyFrom(
    row: readonly Candidate[],
    from: number,
    bytes: Buffer,
    start: number,
    end: number,
    linePlainEnd: number,
  ): number {
    const { line, openedList } = this
    line.set(bytes, start, end, linePlainEnd)
    for (let i = 0; i < openedList.length; i++) openedList[i]!.isOpened = false
    return this.firstOf(row, from, line)
  }

  private firstOf(row: readonly Candidate[], from: number, text: Text): number {
    const { bytes, start, end } = text
    let spaceAt = UNKNOWN
    for (let i = from; i < row.length; i++) {
      const candidate = row[i]!
      if (candidate.group !== undefined) {
        const type = this.firstOfGroup(candidate.group)
        if (type >= 0) return type
        continue
      }
      let tokenEnd = text.plainEnd
      if (candidate.beginsWithSpacedToken) {
        if (spaceAt === UNKNOWN) spaceAt = tokenSpace(bytes, start, end, tokenEnd)
        if (spaceAt < 0) continue
        tokenEnd = spaceAt
      }
      if (!runDetector(candidate.program, 0, bytes, start, end, tokenEnd)) continue
      if (candidate.contains === undefined || this.hasAll(candidate.contains, text)) return candidate.type
    }
    return -1
  }

  private firstOfGroup(group: Group): number {
    const opened = this.opened.get(group.envelope)!
    const { bytes, start, end } = this.line
    if (!opened.isOpened) opened.open(bytes, start, end)
    if (!opened.isThere) return -1
    const { spans } = opened.line
    const appStart = spans[2 * APP]!
    const app = appStart < 0 ? -1 : group.apps.find(bytes, appStart, spans[2 * APP + 1]!)
    const { text } = opened
    const row = group.byApp[app + 1]![text.start < text.end ? text.bytes[text.start]! : NO_BYTE]!
    return this.firstOf(row, 0, text)
  }

  private hasAll(contains: Int32Array, text: Text): boolean {
    if (!text.isSearched) {
      this.index.search(text.bytes, text.start, text.end, text.found)
      text.isSearched = true
    }
    for (let i = 0; i < contains.length; i++) if (text.found[contains[i]!] === 0) return false
    return true
  }
}
