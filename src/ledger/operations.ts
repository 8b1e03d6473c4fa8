import type pg from 'pg'

type Queryable = Pick<pg.Pool, 'query'>

export type OperationKind = 'replay' | 'drop' | 'reprocess'

/** Something that an operator does to lines which are in the tables. */
export interface Operation {
  readonly id: number
  /** As PostgreSQL's clock has it, in a form that it takes back exactly. */
  readonly beganAt: string
  /** It was begun before, and interrupted. */
  readonly isResumed: boolean
}

/** Goes on with an operation of this kind and selection that has not ended, or begins one. */
export async function resumeOrBeginOperation(
  db: Queryable,
  kind: OperationKind,
  selection: object,
): Promise<Operation> {
  const open = await db.query<{ id: string; began_at: string }>(
    `SELECT operation_id AS id, began_at::text FROM sluice.operations
      WHERE kind = $1 AND selection = $2::jsonb AND ended_at IS NULL ORDER BY operation_id DESC LIMIT 1`,
    [kind, JSON.stringify(selection)],
  )
  const found = open.rows[0]
  if (found !== undefined) return { id: Number(found.id), beganAt: found.began_at, isResumed: true }
  return beginOperation(db, kind, selection)
}

/** Begins one that has nothing to go on from: repeated, it finds done what is done. */
export async function beginOperation(
  db: Queryable,
  kind: OperationKind,
  selection: object,
): Promise<Operation> {
  const begun = await db.query<{ id: string; began_at: string }>(
    `INSERT INTO sluice.operations (kind, selection) VALUES ($1, $2)
     RETURNING operation_id AS id, began_at::text`,
    [kind, JSON.stringify(selection)],
  )
  const { id, began_at } = begun.rows[0]!
  return { id: Number(id), beganAt: began_at, isResumed: false }
}

/** Notes what came of it so far; `ended`: there is nothing left to do. */
export async function noteOutcome(db: Queryable, id: number, outcome: object, ended: boolean): Promise<void> {
  await db.query(
    `UPDATE sluice.operations SET outcome = $2, ended_at = coalesce(ended_at, CASE WHEN $3 THEN now() END)
      WHERE operation_id = $1`,
    [id, JSON.stringify(outcome), ended],
  )
}
