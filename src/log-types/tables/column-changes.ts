import type { Column, LogType } from '../log-type.js'
import { leadingColumns } from '../log-type.js'
import { shownType, type TableColumn } from './table-columns.js'

/** What of a declaration its table does not have yet, and may get: nothing that is in it is lost or means another thing. */
export interface ColumnChanges {
  readonly add: readonly Column[]
  /** Columns that need not have a value any more. */
  readonly relax: readonly Column[]
}

/** A change that the table must not follow, in the words of an error. */
export interface RefusedChange {
  readonly column: string
  readonly was: string
  readonly is: string
  readonly toDo: string
}

const own = new Set<string>([...leadingColumns, 'extra'])

/**
 * Compares a declaration with its table. `removed: 'refuse'` for who speaks for the installation; one of several
 * processes may have an older declaration than the table, which is no fault while an upgrade is under way.
 */
export function decideColumnChanges(
  type: LogType,
  table: ReadonlyMap<string, TableColumn>,
  removed: 'refuse' | 'leave',
): { readonly changes: ColumnChanges; readonly refused: readonly RefusedChange[] } {
  const add: Column[] = []
  const relax: Column[] = []
  const refused: RefusedChange[] = []
  for (const column of type.columns) {
    const present = table.get(column.name)
    if (present === undefined) {
      if (column.required) refused.push(addedRequired(column))
      else add.push(column)
    } else if (present.type !== shownType(column.type)) {
      refused.push(otherType(column, present))
    } else if (column.required && !present.required) {
      refused.push(madeRequired(column))
    } else if (!column.required && present.required) {
      relax.push(column)
    }
  }
  const declared = new Set(type.columns.map(({ name }) => name))
  for (const present of table.values()) {
    if (own.has(present.name) || declared.has(present.name)) continue
    if (removed === 'refuse' || present.required) refused.push(removedColumn(present))
  }
  return { changes: { add, relax }, refused }
}

function addedRequired({ name, type }: Column): RefusedChange {
  return {
    column: name,
    was: 'no such column',
    is: `${type}, required`,
    toDo: 'Declare it without `required`: the rows that are there have no value for it.',
  }
}

function otherType({ name, type, field }: Column, present: TableColumn): RefusedChange {
  return {
    column: name,
    was: present.type,
    is: shownType(type),
    toDo: `Keep the type, and declare a column under another name with \`from: ${field}\` for new rows; or declare a new log type.`,
  }
}

function madeRequired({ name, type }: Column): RefusedChange {
  return {
    column: name,
    was: `${type}, which rows may lack`,
    is: `${type}, required`,
    toDo: 'Declare it without `required`: rows that are there may have no value for it.',
  }
}

function removedColumn({ name, type, required }: TableColumn): RefusedChange {
  return {
    column: name,
    was: `${type}${required ? ', required' : ''}`,
    is: 'not declared',
    toDo: required
      ? 'Declare it again; without `required` if new lines do not have it.'
      : `Declare it again. To give it up with all its values: ALTER TABLE … DROP COLUMN "${name}", then migrate.`,
  }
}
