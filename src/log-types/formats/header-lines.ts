import { createRefusal, type Refusal } from '../refusal.js'
import { startsWithLiteral } from './find-literal.js'
import { isSkipped } from './format-fields.js'

const headerLine = createRefusal('header_line', 'a header or a comment, as expected: no record')
const headerChanged = createRefusal('header_changed', 'expected a header that names the declared fields')

/**
 * The lines of a file with delimited fields that are no records. `header` is all of a header line, or its first cell
 * alone, such as `#fields`: then the cells after it must be the names of the fields.
 */
export class HeaderLines {
  private readonly delimiter: number
  private readonly isWhole: boolean
  /** The first cell. */
  private readonly mark: Buffer
  /** What must follow the first cell, a text for each cell; undefined is any. */
  private readonly cells: readonly (Buffer | undefined)[]
  private readonly comment: Buffer

  constructor(
    delimiter: string,
    fields: readonly string[],
    header: string | undefined,
    comment: string | undefined,
  ) {
    this.delimiter = delimiter.charCodeAt(0)
    const [mark = '', ...cells] = header?.split(delimiter) ?? []
    this.isWhole = cells.length > 0
    this.mark = Buffer.from(mark)
    const names = this.isWhole ? cells : fields
    this.cells = names.map((name) => (!this.isWhole && isSkipped(name) ? undefined : Buffer.from(name)))
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
    let at = start
    for (const cell of this.cells) {
      if (at >= end || bytes[at] !== this.delimiter) return false
      at++
      const from = at
      while (at < end && bytes[at] !== this.delimiter) at++
      if (cell === undefined) continue
      if (at - from !== cell.length || !startsWithLiteral(bytes, from, at, cell, 0, cell.length)) return false
    }
    return at === end
  }
}
