import { SluiceError } from '../../errors/sluice-error.js'
import { createRegistry } from '../create-registry.js'
import type { Declaration } from '../declaration/declaration.js'
import { describeProblem } from '../declaration/declaration-error.js'
import { readDeclaration } from '../declaration/read-declaration.js'
import { DeclaredLogType } from '../declared-log-type.js'
import type { LogTypeRegistry } from '../log-type.js'
import { parseLine } from '../parse-line.js'
import { type ChosenLines, chooseLines } from './choose-lines.js'
import { draftColumns } from './draft-columns.js'
import { draftDetections } from './draft-detect.js'
import { writeSamples } from './draft-samples.js'
import { guessEnvelope } from './guess-envelope.js'
import { guessFormat } from './guess-format.js'
import { findTime } from './guess-time.js'
import type { GuessedFormat } from './guessed-format.js'
import { type DraftParts, writeDraft } from './write-draft.js'

/** This share of the lines that are drafted from has to become rows. */
const enough = 0.8
const shownRefused = 3
/** Before the generic types of the catalogue, which have 900 and more, and after all others. */
const usualOrder = 500
const lastOrder = 950

export interface Draft {
  readonly declaration: string
  readonly samples: string
  readonly columns: number
  /** Lines of the sample, and how many of them become rows. */
  readonly lines: number
  readonly rows: number
  /** The first lines that become none, and why. */
  readonly refused: readonly RefusedLine[]
}

export interface RefusedLine {
  readonly line: Buffer
  readonly reason: string
}

/**
 * A first declaration for lines that look like these: a valid one, for a person to go on with. `others` are the types
 * that there are, for what they take of these lines.
 * @throws SluiceError SLUICE_USAGE when there is no line, or no time in them
 */
export function draftDeclaration(name: string, lines: readonly Buffer[], others: LogTypeRegistry): Draft {
  if (lines.length === 0) {
    throw new SluiceError('SLUICE_USAGE', 'there is no line to draft a declaration from', {
      expected: 'a file with some lines of the log',
    })
  }
  const drafts = chooseLines(lines)
    .map((chosen) => draftFrom(name, chosen, lines))
    .filter((one) => one !== undefined)
  // What takes lines apart before what takes them whole, then what takes more of them.
  const [best] = drafts.sort(
    (a, b) => Number(endsWithRest(a.parts)) - Number(endsWithRest(b.parts)) || b.tried.rows - a.tried.rows,
  )
  if (best !== undefined) return finish(best.parts, best.tried, lines, others)
  const timed = lines.filter((line) => findTime(line.toString('utf8')) >= 0).length
  throw new SluiceError('SLUICE_USAGE', 'no time was found that these lines have in common', {
    expected:
      'lines with a time each, at the same place, such as 2024-01-15T10:23:45Z, Jan  5 10:23:45 or 1705314225.123; rows are dated by it',
    got: `${timed} of ${lines.length} lines with something like a time`,
    hint: 'Take out lines of other kinds, and draft from the rest; or declare the type by hand: docs/new-log-type.md.',
  })
}

/** A draft from some of the lines, tried on all of them; undefined: none takes these. */
function draftFrom(
  name: string,
  chosen: ChosenLines,
  lines: readonly Buffer[],
): { parts: DraftParts; tried: TriedDraft } | undefined {
  const envelope = guessEnvelope(chosen.lines)
  const messages = envelope?.messages ?? chosen.lines.map((line) => line.toString('utf8'))
  for (const format of formatsToTry(messages, envelope === undefined ? chosen.others : [])) {
    const columns = draftColumns(envelope, format, messages)
    if (columns === undefined) continue
    for (const { detect, isWeak } of draftDetections(envelope, format, messages)) {
      const parts = {
        name,
        order: usualOrder,
        envelope,
        detect,
        isWeak,
        format: format.format,
        columns,
        notes: [],
      }
      const tried = tryDraft(parts, lines)
      // A header and odd lines may be left over; what misses more than these is wrong.
      if (tried !== undefined && tried.rows >= enough * chosen.lines.length) return { parts, tried }
    }
  }
  return undefined
}

/** The guess, and what can always be said: a time of one or two words, and the rest. */
function formatsToTry(messages: readonly string[], others: readonly string[]): GuessedFormat[] {
  const guess = guessFormat(messages, others)
  const fields = ['time', 'message']
  const plain: GuessedFormat[] = [
    { format: { kind: 'dissect', pattern: '{time} {message}' }, fields, template: '' },
    {
      format: { kind: 'pattern', pattern: '(?<time>[^ ]+ +[^ ]+) (?<message>.+)' },
      fields,
      template: '',
    },
    { format: { kind: 'dissect', pattern: '{message}' }, fields: ['message'], template: '' },
  ]
  return guess === undefined ? plain : [guess, ...plain]
}

interface TriedDraft {
  readonly type: DeclaredLogType
  readonly rows: number
  readonly refused: readonly RefusedLine[]
}

/** What the draft makes of the lines; undefined when it is not valid. */
function tryDraft(parts: DraftParts, lines: readonly Buffer[]): TriedDraft | undefined {
  const declaration = compile(parts)
  if (declaration === undefined) return undefined
  const type = new DeclaredLogType(declaration)
  const alone = createRegistry([type])
  const refused: RefusedLine[] = []
  let rows = 0
  for (const line of lines) {
    const reason = refusalOf(type, alone, line)
    if (reason === undefined) rows++
    else if (refused.length < shownRefused) refused.push({ line, reason })
  }
  return { type, rows, refused }
}

function refusalOf(type: DeclaredLogType, alone: LogTypeRegistry, line: Buffer): string | undefined {
  if (alone.classify(line, 0, line.length) !== 0) return 'not recognised'
  const parsed = parseLine(type, line)
  return 'row' in parsed ? undefined : `${parsed.refusal.reason}: ${parsed.refusal.detail}`
}

/** The lines were taken apart up to some place only. */
function endsWithRest({ format }: DraftParts): boolean {
  if (format.kind !== 'dissect' && format.kind !== 'pattern') return false
  return /(?:^|\s)(?:\{message\}|\(\?<message>\.\+\))$/.test(format.pattern)
}

function compile(parts: DraftParts): Declaration | undefined {
  const result = readDeclaration('draft', writeDraft(parts))
  return 'declaration' in result ? result.declaration : undefined
}

function finish(
  parts: DraftParts,
  tried: TriedDraft,
  lines: readonly Buffer[],
  others: LogTypeRegistry,
): Draft {
  const notes = [`${tried.rows} of ${lines.length} sample lines become rows.`]
  if (tried.rows < lines.length) {
    notes.push('The others are refused, or not recognised: `sluice log-types try` says why.')
  }
  if (endsWithRest(parts)) {
    notes.push('message is all the rest, in which the lines are not alike:')
    notes.push('take it apart by hand. docs/new-log-type.md has an example.')
  }
  const takers = new Map<string, number>()
  for (const line of lines) {
    const taker = others.types[others.classify(line, 0, line.length)]?.name
    if (taker !== undefined) takers.set(taker, (takers.get(taker) ?? 0) + 1)
  }
  // As long as no other type takes its lines, it need not take theirs.
  const order = parts.isWeak && takers.size === 0 ? lastOrder : parts.order
  if (parts.isWeak) {
    const then = order === lastOrder ? ', and then the order lower' : ''
    notes.push(`detect says little: lines of other logs may look like that. Make it narrower${then}.`)
  }
  for (const [taker, count] of takers) {
    notes.push(`The type ${taker} takes ${count} of these lines where it comes first: see order.`)
  }
  const declaration = writeDraft({ ...parts, order, notes })
  const checked = readDeclaration('draft', declaration)
  if ('problems' in checked) throw new Error(checked.problems.map(describeProblem).join('; '))
  return {
    declaration,
    samples: writeSamples(tried.type, lines),
    columns: parts.columns.length,
    lines: lines.length,
    rows: tried.rows,
    refused: tried.refused,
  }
}
