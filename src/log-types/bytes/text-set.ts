import { hashKey, KeyTable } from './key-table.js'

/** A set of texts, in which bytes are found without a string being made of them. */
export class TextSet {
  private readonly table: KeyTable

  constructor(texts: readonly string[]) {
    // The table takes a character for a byte.
    this.table = new KeyTable(texts.map((text) => Buffer.from(text).toString('latin1')))
  }

  /** The place in the list of the text [start, end), or -1. */
  find(bytes: Buffer, start: number, end: number): number {
    return this.table.find(bytes, start, end, hashKey(bytes, start, end))
  }
}
