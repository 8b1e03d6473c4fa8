import type { ClientBase } from 'pg'
import { generateRecords } from '../../../generate/generate-records.js'
import {
  type ExpectedRow,
  type GeneratedRecord,
  LOG_TYPES,
  type LogType,
  type Terminator,
} from '../../../generate/record.js'
import { withClient } from '../../../services/postgres-server.js'
import { compareDeadLetters, type WantedDeadLetter } from '../../../verify/compare-dead-letters.js'
import { compareRows, type WantedRow } from '../../../verify/compare-rows.js'
import { Mismatches, type MismatchGroup } from '../../../verify/mismatches.js'
import type { Expectation } from '../../scenario.js'
import type { Trial } from '../../trial.js'

/** A line, and what must become of it: it is made so, and never parsed to find out. */
export interface KnownLine {
  readonly line: Buffer
  readonly terminator: Terminator
  readonly expected: ExpectedRow | WantedDeadLetter['expected']
}

/** Content that must be one source, whatever files it is found in. */
export interface KnownContent {
  /** For messages. */
  readonly name: string
  readonly lines: readonly KnownLine[]
}

/** Ordinary lines of all types, each at a time of its own. */
export function drawLines(seed: number, count: number): KnownLine[] {
  return [...generateRecords({ seed, lines: count })].map(({ line, expected }) => ({
    line,
    terminator: '\n',
    expected: expected as ExpectedRow,
  }))
}

export function knownRow(line: string | Buffer, expected: ExpectedRow): KnownLine {
  return { line: toBytes(line), terminator: '\n', expected }
}

export function knownDeadLetter(line: string | Buffer, logType: string, deadLetter: string): KnownLine {
  return { line: toBytes(line), terminator: '\n', expected: { logType, deadLetter } }
}

function toBytes(line: string | Buffer): Buffer {
  return typeof line === 'string' ? Buffer.from(line) : line
}

export function contentOf(lines: readonly KnownLine[]): Buffer {
  return Buffer.concat(lines.flatMap(({ line, terminator }) => [line, Buffer.from(terminator)]))
}

/**
 * That there is exactly one source for each of the contents, and that each of its lines is the row or the dead letter
 * that it should be, value by value, and byte by byte where it was set aside.
 */
export function expectContents(
  trial: Trial,
  contents: readonly KnownContent[],
  check?: () => Promise<void>,
): Expectation {
  const lines = contents.flatMap((content) => content.lines)
  const deadLettered = lines.filter(({ expected }) => 'deadLetter' in expected).length
  return {
    totals: { lines: lines.length, rows: lines.length - deadLettered, deadLettered },
    async check() {
      await withClient(trial.databaseUrl, (client) => compareContents(client, contents))
      await check?.()
    },
  }
}

async function compareContents(client: ClientBase, contents: readonly KnownContent[]): Promise<void> {
  const { rows: sources } = await client.query<{ source_id: number; path: string; bytes: number }>(
    'SELECT source_id, path, recorded_bytes::int AS bytes FROM sluice.sources ORDER BY 1',
  )
  if (sources.length !== contents.length) {
    throw new Error(`expected ${contents.length} sources, found ${JSON.stringify(sources)}`)
  }
  const free = new Set(sources)
  for (const content of contents) {
    const { length } = contentOf(content.lines)
    let differs: readonly MismatchGroup[] | undefined
    for (const source of free) {
      if (source.bytes !== length) continue
      differs = await compareWithSource(client, content, source.source_id)
      if (differs.length > 0) continue
      free.delete(source)
      break
    }
    if (differs === undefined || differs.length > 0) {
      const found = differs === undefined ? JSON.stringify([...free]) : JSON.stringify(differs)
      throw new Error(`no source is ${content.name} with its ${length} bytes: ${found}`)
    }
  }
}

async function compareWithSource(
  client: ClientBase,
  { lines }: KnownContent,
  sourceId: number,
): Promise<readonly MismatchGroup[]> {
  const mismatches = new Mismatches()
  const rows: Record<LogType, WantedRow[]> = { firewall: [], dns: [], auth: [] }
  const deadLetters: WantedDeadLetter[] = []
  let offset = 0
  for (const { line, terminator, expected } of lines) {
    const place = { line, terminator, file: 0, segment: 0, offset }
    offset += line.length + terminator.length
    if ('deadLetter' in expected) {
      deadLetters.push({ record: place, expected, sourceId })
    } else {
      const record: GeneratedRecord = { ...place, expected }
      rows[expected.logType].push({ record, expected, sourceId })
    }
  }
  for (const logType of LOG_TYPES) await compareRows(client, logType, rows[logType], mismatches)
  await compareDeadLetters(client, deadLetters, mismatches)
  return mismatches.groups
}
