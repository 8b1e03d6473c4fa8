import type { Random } from '../random.js'
import type {
  DeadLetterReason,
  DraftRecord,
  Expected,
  ExpectedDeadLetter,
  ExpectedRow,
  LogType,
  Terminator,
} from '../record.js'
import { isDeadLetter } from '../record.js'

export interface HostileContext {
  readonly random: Random
  /** The line's place in time, ISO 8601. */
  readonly timestamp: string
}

/** 'row', or '<log type>/<reason>' of the dead letter. */
export type Outcome = 'row' | `${LogType | 'unclassified'}/${DeadLetterReason}`

/**
 * One way of being hostile. What becomes of the line follows from how it is made, never from parsing it:
 * a line whose outcome would depend on a reader's taste is not made.
 */
export interface HostileKind {
  readonly name: string
  /** One line for the documentation. */
  readonly summary: string
  /** Every outcome that the kind can have; each of them does occur. */
  readonly outcomes: readonly Outcome[]
  draw(context: HostileContext): DraftRecord
}

export function outcomeOf(expected: Expected): Outcome {
  return isDeadLetter(expected) ? `${expected.logType}/${expected.deadLetter}` : 'row'
}

export function setAside(
  line: string | Buffer,
  logType: ExpectedDeadLetter['logType'],
  deadLetter: DeadLetterReason,
  terminator: Terminator = '\n',
): DraftRecord {
  return { line: toBytes(line), terminator, expected: { deadLetter, logType } }
}

export function validRow(
  line: string | Buffer,
  expected: ExpectedRow,
  terminator: Terminator = '\n',
): DraftRecord {
  return { line: toBytes(line), terminator, expected }
}

function toBytes(line: string | Buffer): Buffer {
  return typeof line === 'string' ? Buffer.from(line) : line
}
