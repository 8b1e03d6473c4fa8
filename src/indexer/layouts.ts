import type pg from 'pg'
import { type PostgresOutages, throughPostgresOutages } from '../lifecycle/outages.js'
import { PARTITION_KEY } from '../log-types/declaration/declaration.js'
import { type LogType, leadingColumns } from '../log-types/log-type.js'
import { selectTableColumns, shownType } from '../log-types/tables/table-columns.js'
import { type RowsMeta, UnopenableEntryError } from '../streams/envelope.js'

/** How long what a table was found to take, or not, is believed. */
const trustMs = 10_000
/** Layouts remembered: there are two during an upgrade. */
const maxKnown = 100

interface Known {
  /** undefined: the table does not take them. */
  readonly copyColumns: readonly string[] | undefined
  readonly untilMs: number
}

/**
 * Which columns the rows of a batch have. As a rule those of this indexer's declaration. While an upgrade is under way,
 * parsers have an older or a newer one: then the entry says which, and the table decides, since a column is added to it
 * before anybody fills it.
 */
export class Layouts {
  private readonly known = new Map<string, Known>()

  constructor(
    private readonly options: {
      readonly pool: pg.Pool
      readonly telemetry: PostgresOutages
      readonly stop: AbortSignal
    },
  ) {}

  /**
   * Undefined: LogType.copyColumns.
   * @throws UnopenableEntryError when the table does not take them: published again, the lines are parsed anew.
   */
  async copyColumnsOf(
    type: LogType | undefined,
    meta: Pick<RowsMeta, 'copyLayout' | 'columns'>,
  ): Promise<readonly string[] | undefined> {
    if (meta.copyLayout === (type?.copyLayout ?? '')) return undefined
    const { columns } = meta
    if (type === undefined || columns === undefined) {
      throw new UnopenableEntryError('its rows have other columns than this indexer writes')
    }
    const key = `${type.name} ${columns.join()}`
    let known = this.known.get(key)
    if (known === undefined || known.untilMs < performance.now()) {
      known = { copyColumns: await this.ask(type, columns), untilMs: performance.now() + trustMs }
      if (this.known.size >= maxKnown) this.known.clear()
      this.known.set(key, known)
    }
    if (known.copyColumns !== undefined) return known.copyColumns
    throw new UnopenableEntryError(`its rows have other columns than the table ${type.table}`)
  }

  private async ask(type: LogType, columns: readonly string[]): Promise<readonly string[] | undefined> {
    const { pool, telemetry, stop } = this.options
    const present = await throughPostgresOutages(() => selectTableColumns(pool, type.table), telemetry, stop)
    const names: string[] = []
    for (const column of columns) {
      // The type can be of two words.
      const at = column.indexOf(' ')
      const name = column.slice(0, at)
      if (present.get(name)?.type !== shownType(column.slice(at + 1))) return undefined
      names.push(name)
    }
    const copyColumns = [...leadingColumns, ...names, 'extra']
    const isWhole = new Set(copyColumns).size === copyColumns.length && names.includes(PARTITION_KEY)
    const lacksRequired = [...present.values()].some(
      ({ name, required }) => required && !copyColumns.includes(name),
    )
    return isWhole && !lacksRequired ? copyColumns : undefined
  }
}
