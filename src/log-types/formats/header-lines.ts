import { startsWithLiteral } from '../bytes/find-literal.js'
import { createRefusal, type Refusal } from '../line/refusal.js'
import { isSkipped } from './format-fields.js'

const headerLine = createRefusal('header_line', 'a header or a comment, as expected: no record')
const headerChanged = createRefusal('header_changed', 'expected a header that names the declared fields')

export interface DelimitedFields {
  /** One ASCII character. */
  readonly delimiter: string
  /** Names by position; `_` is skipped. */
  readonly fields: readonly string[]
  readonly header?: string | undefined
  readonly comment?: string | undefined
  /** So many fields a line must have; without it, all. */
  readonly atLeast?: number | undefined
  readonly more: 'refuse' | 'keep'
}

/**
 * The lines of a file with delimited fields that are no records. `header` is all of a header line, or its first cell
 * alone, such as `#fields`: then the cells after it must be the names of the fields. There may be fewer and more of them
 * where lines may have fewer and more fields.
 */
export class HeaderLines {
  private readonly delimiter: number
  private readonly isWhole: boolean
  /** The first cell. */
  private readonly mark: Buffer
  /** What must follow the first cell, a text for each cell; undefined is any. */
  private readonly cells: readonly (Buffer | undefined)[]
  private readonly atLeast: number
  private readonly takesMore: boolean
  private readonly comment: Buffer

  constructor({ delimiter, fields, header, comment, atLeast, more }: DelimitedFields) {
    this.delimiter = delimiter.charCodeAt(0)
    const [mark = '', ...cells] = header?.split(delimiter) ?? []
    this.isWhole = cells.length > 0
    this.mark = Buffer.from(mark)
    const names = this.isWhole ? cells : fields
    this.cells = names.map((name) => (!this.isWhole && isSkipped(name) ? undefined : Buffer.from(name)))
    this.atLeast = this.isWhole ? cells.length : (atLeast ?? fields.length)
    this.takesMore = !this.isWhole && more === 'keep'
    this.comment = Buffer.from(comment ?? '')
  }

  /** Undefined for a line that is a record. */
  refusalFor(bytes: Buffer, start: number, end: number): Refusal | undefined {
    const { mark, comment } = this
    if (mark.length > 0 && startsWithLiteral(bytes, start, end, mark, 0, mark.length)) {
      const at = start + mark.length
      if (at === end || bytes[at] === this.delimiter)
        return this.hasCells(bytes, at, end) ? headerLine : headerChanged
    }
    if (comment.length > 0 && startsWithLiteral(bytes, start, end, comment, 0, comment.length))
      return headerLine
    return undefined
  }

  private hasCells(bytes: Buffer, start: number, end: number): boolean {
    const { cells } = this
    let at = start
    for (let index = 0; index < cells.length; index++) {
      const cell = cells[index]
      if (at >= end) return index >= this.atLeast
      at++
      const from = at
      while (at < end && bytes[at] !== this.delimiter) at++
      if (cell === undefined) continue
      if (at - from !== cell.length || !startsWithLiteral(bytes, from, at, cell, 0, cell.length)) return false
    }
    return at === end || this.takesMore
  }
}
