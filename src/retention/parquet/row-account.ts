import { createHash, type Hash } from 'node:crypto'
import type { SourceRows } from '../../ledger/expired-days.js'
import type { ColdColumn } from './cold-columns.js'
import type { ColumnValues } from './write-parquet.js'

/** Counts rows by source while they go by, and hashes all of their values: two ways of the same rows can be compared. */
export class RowAccount {
  private readonly sums = new Map<number, { rows: bigint; lineOffsetSum: bigint }>()
  private readonly hash: Hash = createHash('sha256')
  private readonly sourceColumn: number
  private readonly offsetColumn: number
  rows = 0

  constructor(columns: readonly Pick<ColdColumn, 'name'>[]) {
    const place = (name: string) => columns.findIndex((column) => column.name === name)
    this.sourceColumn = place('source_id')
    this.offsetColumn = place('line_offset')
    if (this.sourceColumn < 0 || this.offsetColumn < 0) {
      throw new TypeError('expected the columns source_id and line_offset')
    }
  }

  /** One row group. */
  add(values: ColumnValues): void {
    const sources = values[this.sourceColumn]!
    const offsets = values[this.offsetColumn]!
    for (let row = 0; row < sources.length; row++) {
      const sourceId = Number(sources[row])
      let sum = this.sums.get(sourceId)
      if (sum === undefined) {
        sum = { rows: 0n, lineOffsetSum: 0n }
        this.sums.set(sourceId, sum)
      }
      sum.rows++
      sum.lineOffsetSum += BigInt(offsets[row]!)
    }
    this.rows += sources.length
    for (const column of values) {
      // Texts need their quotes to be told apart; JSON has no bigint, and no NaN that is not null.
      const isText = column.some((value) => typeof value === 'string')
      this.hash.update(isText ? JSON.stringify(column) : column.join()).update('\n')
    }
  }

  get sources(): SourceRows[] {
    return [...this.sums].map(([sourceId, sum]) => ({ sourceId, ...sum }))
  }

  /** Ends it. */
  digest(): string {
    return this.hash.digest('hex')
  }
}

/** The same sources, with the same rows and sums. */
export function isSameAccount(a: readonly SourceRows[], b: readonly SourceRows[]): boolean {
  const other = new Map(b.map((sum) => [sum.sourceId, sum]))
  return (
    a.length === b.length &&
    a.every(({ sourceId, rows, lineOffsetSum }) => {
      const found = other.get(sourceId)
      return found?.rows === rows && found.lineOffsetSum === lineOffsetSum
    })
  )
}
