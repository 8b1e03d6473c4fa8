import type pg from 'pg'
import { lockDeadLetters } from '../dead-letters/lock-dead-letters.js'
import type { StoredLine } from '../dead-letters/selection.js'
import { findDuplicates } from '../indexer/find-duplicates.js'
import type { Partitions } from '../indexer/partitions.js'
import { describeRefusal, findRefusedRows, type RefusedRow } from '../indexer/refused-rows.js'
import type { FindKnownRecords } from '../ledger/records.js'
import type { LogType } from '../log-types/log-type.js'
import { inTransaction } from '../postgres/pool.js'
import { classifyFailure } from '../postgres/sqlstate.js'
import { copyCounted } from '../rollups/copy-counted.js'
import type { Verdict } from './parse-dead-letters.js'

/** A dead letter and what is to become of it. */
export interface JudgedLetter {
  readonly letter: StoredLine
  readonly verdict: Verdict
}

type RowVerdict = Extract<Verdict, { kind: 'row' }>
type DeadVerdict = Extract<Verdict, { kind: 'dead' }>
type LetterOf<V extends Verdict> = JudgedLetter & { readonly verdict: V }

const dayMs = 86_400_000

/**
 * Carries out the verdicts on dead letters in one transaction: those that became rows are in their table and no dead
 * letters any more, the others have one replay more and today's reason, and the ledger's counts moved along. Returns
 * what was done; letters that somebody else took care of meanwhile are not among it. Throws what Postgres says, except
 * against a row's values; then nothing is changed.
 */
export async function replayPage(
  pool: pg.Pool,
  partitions: Partitions,
  judged: readonly JudgedLetter[],
  withDropped: boolean,
): Promise<readonly JudgedLetter[]> {
  let current = judged
  for (;;) {
    await ensurePartitions(partitions, current)
    try {
      return await inTransaction(pool, (client) => writePage(client, current, withDropped))
    } catch (error) {
      if (classifyFailure(error).kind !== 'data') throw error
      const rest = await setRefusedRowsAside(pool, current)
      // Whatever was refused, it was none of the rows: trying again would not end.
      if (countRows(rest) === countRows(current)) throw error
      current = rest
    }
  }
}

async function ensurePartitions(partitions: Partitions, judged: readonly JudgedLetter[]): Promise<void> {
  for (const [type, rows] of rowsByType(judged)) {
    const days = new Set(rows.map(({ verdict }) => Math.floor(verdict.timestampMs / dayMs)))
    await partitions.ensure(type.table, [...days])
  }
}

async function writePage(
  client: pg.PoolClient,
  judged: readonly JudgedLetter[],
  withDropped: boolean,
): Promise<readonly JudgedLetter[]> {
  const locked = await lockDeadLetters(
    client,
    judged.map(({ letter }) => letter),
    withDropped,
  )
  const mine = judged.filter(({ letter }) => locked.has(letter.id))
  const settled = await setDuplicatesAside(client, mine)
  const byType = rowsByType(settled)
  for (const [type, rows] of byType) {
    const tuples = Buffer.concat(rows.map(({ verdict }) => verdict.tuple))
    await copyCounted(client, type.table, type.copyColumns, [tuples], rows.length)
  }
  const rows = [...byType.values()].flat()
  if (rows.length > 0) {
    await deleteLetters(client, rows)
    await moveCounts(client, rows)
  }
  const dead = settled.filter(isDead)
  if (dead.length > 0) await noteReplays(client, dead)
  return settled
}

/** The letters with those turned back into dead ones that another source brought before, of types that dedup. */
export async function setDuplicatesAside(
  db: Pick<pg.Pool, 'query'>,
  judged: readonly JudgedLetter[],
  findKnown?: FindKnownRecords,
): Promise<readonly JudgedLetter[]> {
  const verdicts = new Map<number, DeadVerdict>()
  for (const [type, rows] of rowsByType(judged)) {
    if (type.dedup !== 'record') continue
    const lines = rows.map(({ letter, verdict }) => ({ line: letter.raw, tuple: verdict.tuple }))
    for (const [index, detail] of await findDuplicates(db, type, lines, findKnown)) {
      verdicts.set(rows[index]!.letter.id, {
        ...{ kind: 'dead', logType: type.name, reason: 'duplicate_record', detail },
        parserVersion: type.version,
      })
    }
  }
  return verdicts.size === 0 ? judged : withVerdicts(judged, verdicts)
}

/** In the order of the types' names: two that replay lock what they lock in the same order. */
function rowsByType(judged: readonly JudgedLetter[]): Map<LogType, LetterOf<RowVerdict>[]> {
  const byType = new Map<LogType, LetterOf<RowVerdict>[]>()
  for (const one of judged.filter(isRow)) {
    const rows = byType.get(one.verdict.type)
    if (rows === undefined) byType.set(one.verdict.type, [one])
    else rows.push(one)
  }
  return new Map([...byType].sort(([a], [b]) => (a.name < b.name ? -1 : 1)))
}

function isRow(judged: JudgedLetter): judged is LetterOf<RowVerdict> {
  return judged.verdict.kind === 'row'
}

function isDead(judged: JudgedLetter): judged is LetterOf<DeadVerdict> {
  return judged.verdict.kind === 'dead'
}

function countRows(judged: readonly JudgedLetter[]): number {
  return judged.filter(isRow).length
}

/** The letters with the rows that Postgres refuses turned into dead letters again. Writes nothing. */
export async function setRefusedRowsAside(
  pool: pg.Pool,
  judged: readonly JudgedLetter[],
): Promise<JudgedLetter[]> {
  const verdicts = new Map<number, DeadVerdict>()
  for (const [type, rows] of rowsByType(judged)) {
    const refused = await findRefusedRows(pool, type, Buffer.concat(rows.map(({ verdict }) => verdict.tuple)))
    for (const row of refused) verdicts.set(rows[row.index]!.letter.id, toVerdict(type, row))
  }
  return withVerdicts(judged, verdicts)
}

function toVerdict(type: LogType, row: RefusedRow): DeadVerdict {
  return {
    kind: 'dead',
    logType: type.name,
    reason: 'refused_by_postgres',
    detail: describeRefusal(row),
    parserVersion: type.version,
  }
}

/** The letters, some of them with another verdict, by id. */
function withVerdicts(
  judged: readonly JudgedLetter[],
  verdicts: ReadonlyMap<number, Verdict>,
): JudgedLetter[] {
  return judged.map(({ letter, verdict }) => ({ letter, verdict: verdicts.get(letter.id) ?? verdict }))
}

async function deleteLetters(client: pg.PoolClient, rows: readonly JudgedLetter[]): Promise<void> {
  const deleted = await client.query(
    'DELETE FROM sluice.dead_letters WHERE dead_letter_id = ANY($1::bigint[])',
    [rows.map(({ letter }) => letter.id)],
  )
  if (deleted.rowCount !== rows.length)
    throw new TypeError(`${deleted.rowCount} dead letters were deleted instead of ${rows.length}`)
}

/** In the ledger, of the batches that the letters came with, whatever type the rows are of. */
async function moveCounts(client: pg.PoolClient, rows: readonly LetterOf<RowVerdict>[]): Promise<void> {
  const changes = new Map<string, { rows: number; firstMs: number; lastMs: number }>()
  for (const { letter, verdict } of rows) {
    const { timestampMs } = verdict
    const change = changes.get(letter.batchHash)
    changes.set(letter.batchHash, {
      rows: (change?.rows ?? 0) + 1,
      firstMs: Math.min(change?.firstMs ?? timestampMs, timestampMs),
      lastMs: Math.max(change?.lastMs ?? timestampMs, timestampMs),
    })
  }
  const values = [...changes.values()]
  const updated = await client.query(
    `UPDATE sluice.batches b
        SET rows = b.rows + c.rows, dead_letters = b.dead_letters - c.rows,
            first_event_at = least(b.first_event_at, to_timestamp(c.first_event)),
            last_event_at = greatest(b.last_event_at, to_timestamp(c.last_event))
       FROM unnest($1::bytea[], $2::int[], $3::float8[], $4::float8[]) AS c (hash, rows, first_event, last_event)
      WHERE b.batch_hash = c.hash`,
    [
      [...changes.keys()].map((hash) => Buffer.from(hash, 'hex')),
      values.map((change) => change.rows),
      values.map((change) => change.firstMs / 1000),
      values.map((change) => change.lastMs / 1000),
    ],
  )
  if (updated.rowCount !== changes.size)
    throw new TypeError(`${updated.rowCount} batches were updated instead of ${changes.size}`)
}

async function noteReplays(client: pg.PoolClient, dead: readonly LetterOf<DeadVerdict>[]): Promise<void> {
  await client.query(
    `UPDATE sluice.dead_letters d
        SET replays = d.replays + 1, replayed_at = now(), log_type = v.log_type, reason = v.reason,
            detail = v.detail, parser_version = v.parser_version
       FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[], $5::smallint[])
              AS v (id, log_type, reason, detail, parser_version)
      WHERE d.dead_letter_id = v.id`,
    [
      dead.map(({ letter }) => letter.id),
      dead.map(({ verdict }) => verdict.logType),
      dead.map(({ verdict }) => verdict.reason),
      dead.map(({ verdict }) => verdict.detail),
      dead.map(({ verdict }) => verdict.parserVersion),
    ],
  )
}
