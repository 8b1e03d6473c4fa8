import { escapeControls } from '../../errors/safe-text.js'
import { contentOf } from '../../log-types/line/line-content.js'
import { parseLine } from '../../log-types/parse-line.js'
import type { EntriesReport, Replay } from '../../recovery/replay.js'
import { isUnchanged, type ReplayChange, type ReplaySample } from '../../recovery/replay-report.js'
import { formatCount, formatTable, print } from '../output.js'
import { escapeLine } from './escape-line.js'

/** Of a value or a line so much is shown. */
const shownLength = 200
/** Entries that stay are shown one by one up to so many. */
const shownEntries = 20

export function printReplay({ dryRun, lines, entries }: Replay, idsAsked: number | undefined): void {
  const total = lines.rows + lines.failed + lines.incomplete
  const missing = idsAsked === undefined ? 0 : idsAsked - total - lines.gone
  if (total + lines.gone + countEntries(entries) === 0) print('No such dead letters.')
  if (total > 0) {
    const counts = [
      `${formatCount(lines.rows)} ${dryRun ? 'would become' : 'became'} rows`,
      `${formatCount(lines.failed)} ${dryRun ? 'would fail' : 'failed'} again`,
      ...(lines.incomplete > 0 ? [`${formatCount(lines.incomplete)} cannot be tried`] : []),
    ]
    print(`${formatCount(total)} dead letter${total === 1 ? '' : 's'}: ${counts.join(', ')}.\n`)
    const rows = lines.changes.map((change) => [
      change.fromType,
      change.fromReason,
      describeOutcome(change, dryRun),
      change.lines,
    ])
    print(formatTable(['log type', 'reason', dryRun ? 'would become' : 'became', 'lines'], rows))
  }
  for (const sample of lines.samples) printSample(sample)
  if (lines.gone > 0) {
    print(`\n${formatCount(lines.gone)} were taken care of by somebody else meanwhile.`)
  }
  if (missing > 0) print(`\n${formatCount(missing)} of the ids are not there any more, or dropped.`)
  if (countEntries(entries) > 0) printEntries(entries, dryRun)
}

function describeOutcome(change: ReplayChange, dryRun: boolean): string {
  if (change.outcome === 'row') return `row of ${change.toType}`
  if (change.outcome === 'incomplete') return 'not tried: only its beginning is kept'
  if (isUnchanged(change)) return dryRun ? 'the same again' : 'failed for the same reason'
  return `${change.toType} ${change.toReason}`
}

function printSample({ change, judged: { letter, verdict } }: ReplaySample): void {
  if (change.outcome === 'incomplete' || isUnchanged(change)) return
  const detail = (text: string | null) => (text === null ? '' : ` (${cut(escapeControls(text))})`)
  print(`\ndead letter ${letter.id}`)
  print(`  ${cut(escapeLine(letter.raw))}`)
  print(`  - ${letter.logType} ${letter.reason}${detail(letter.detail)}`)
  if (verdict.kind === 'dead') print(`  + ${verdict.logType} ${verdict.reason}${detail(verdict.detail)}`)
  if (verdict.kind !== 'row') return
  print(`  + row of ${verdict.type.name}`)
  for (const [column, value] of rowOf({ change, judged: { letter, verdict } })) {
    print(`      ${column} = ${value === null ? 'NULL' : cut(escapeControls(value))}`)
  }
}

function rowOf({ judged: { letter, verdict } }: ReplaySample): ReadonlyMap<string, string | null> {
  if (verdict.kind !== 'row') return new Map()
  const parsed = parseLine(verdict.type, contentOf(letter.raw, letter.lineOffset))
  return 'row' in parsed ? parsed.row : new Map()
}

function cut(text: string): string {
  return text.length > shownLength ? `${text.slice(0, shownLength)}…` : text
}

function countEntries({ alreadyIndexed, publishedAgain, stay }: EntriesReport): number {
  return alreadyIndexed + publishedAgain + stay.length
}

function printEntries(entries: EntriesReport, dryRun: boolean): void {
  const { alreadyIndexed, publishedAgain, stay } = entries
  const counts = [
    ...(alreadyIndexed > 0
      ? [
          `${formatCount(alreadyIndexed)} ${dryRun ? 'would be ' : ''}removed, since the lines are in the tables`,
        ]
      : []),
    ...(publishedAgain > 0
      ? [`${formatCount(publishedAgain)} ${dryRun ? 'would be ' : ''}published again`]
      : []),
    ...(stay.length > 0
      ? [`${formatCount(stay.length)} ${dryRun ? 'would stay' : stay.length === 1 ? 'stays' : 'stay'}`]
      : []),
  ]
  const total = countEntries(entries)
  print(
    `\n${formatCount(total)} ${total === 1 ? 'entry' : 'entries'} that could not be opened: ${counts.join(', ')}.`,
  )
  for (const { id, because } of stay.slice(0, shownEntries)) print(`  ${id}: ${escapeControls(because)}`)
  if (stay.length > shownEntries) print(`  … and ${formatCount(stay.length - shownEntries)} more`)
}

export function replayToJson({ dryRun, lines, entries }: Replay): Record<string, unknown> {
  return {
    dryRun,
    lines: { ...lines, samples: lines.samples.map(sampleToJson) },
    entries,
  }
}

function sampleToJson(sample: ReplaySample): Record<string, unknown> {
  const { letter, verdict } = sample.judged
  const { id, logType, reason, detail } = letter
  return {
    id,
    rawBase64: letter.raw.toString('base64'),
    from: { logType, reason, detail },
    to:
      verdict.kind === 'row'
        ? { logType: verdict.type.name, row: Object.fromEntries(rowOf(sample)) }
        : verdict.kind === 'dead'
          ? { logType: verdict.logType, reason: verdict.reason, detail: verdict.detail }
          : null,
  }
}
