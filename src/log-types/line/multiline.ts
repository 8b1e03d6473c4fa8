import { compileDetector, plainEnd, runDetector } from '../detection/detector.js'

/** A declaration's `multiline`. */
export interface MultilineDeclaration {
  readonly start: string
  readonly maxLines: number
  readonly maxBytes: number
}

/**
 * How lines become one record: the first is one that the type claims, the others are claimed by no type. See
 * reader/record-builder.ts, which applies it.
 */
export class Multiline {
  readonly maxLines: number
  readonly maxBytes: number
  private readonly start: Int32Array

  constructor({ start, maxLines, maxBytes }: MultilineDeclaration) {
    this.maxLines = maxLines
    this.maxBytes = maxBytes
    this.start = Int32Array.from(compileDetector(start))
  }

  /** Whether the line is the first of a record, even if no type claims it: it never belongs to the record before. */
  isStart(bytes: Buffer, start: number, end: number): boolean {
    return runDetector(this.start, 0, bytes, start, end, plainEnd(bytes, start, end))
  }
}
