import { escapeControls } from '../errors/safe-text.js'
import type { ChangeReport, ChangeSample, LineState } from '../recovery/line-changes.js'
import type { Refusal } from '../recovery/refusals.js'
import type { ReprocessResult } from '../recovery/reprocess-result.js'
import { formatCount, formatSeconds, formatTable, print } from './output.js'

export function toJson(logType: string, { changes, ...result }: ReprocessResult): Record<string, unknown> {
  const dryRun =
    changes === undefined
      ? {}
      : { changes: { ...changes.totals, byChange: changes.counts, samples: changes.samples } }
  return { logType, dryRun: changes !== undefined, ...result, ...dryRun }
}

export function printReprocessed(logType: string, result: ReprocessResult): void {
  const { changes, swapped, lines, rows, deadLetters, seconds } = result
  if (result.batches === 0) print(`No batch of ${logType} has a row in that time.`)
  else if (changes !== undefined) printChanges(changes)
  const many = `${formatCount(swapped)} batches of ${formatCount(result.batches)}`
  const became = `${formatCount(rows)} rows and ${formatCount(deadLetters)} dead letters`
  if (swapped > 0)
    print(
      changes === undefined
        ? `${logType}: ${many} parsed again in ${formatSeconds(seconds)}; their ${formatCount(lines)} lines are ${became}.`
        : `${logType}: ${many} looked at in ${formatSeconds(seconds)}; their ${formatCount(lines)} lines would be ${became}. Nothing was changed.`,
    )
  if (result.sortedAnew > 0) {
    print(
      `${formatCount(result.sortedAnew)} of them with their whole chunk: its lines belong to other types than before.`,
    )
  }
  if (result.alreadyDone > 0) {
    print(
      `${formatCount(result.alreadyDone)} were done already: by this command before it was interrupted, or by another at the same time.`,
    )
  }
  for (const refusal of result.refusals) printRefusal(refusal)
  if (result.inFlight > 0) {
    print(`${formatCount(result.inFlight)} left: other lines of their chunks are still in flight.`)
  }
  const { withoutTime } = result
  if (withoutTime.batches > 0) {
    print(
      `${formatCount(withoutTime.batches)} batches of ${logType} (${formatCount(withoutTime.lines)} lines) have no row and so no time, and were not looked at: \`sluice dead-letters replay --type ${logType}\` tries their lines.`,
    )
  }
}

function printRefusal({ path, start, end, batches, lines, reason, attempts }: Refusal): void {
  const what = `${formatCount(batches)} batches (${formatCount(lines)} lines)`
  print(`refused: ${escapeControls(path)}, bytes ${start} to ${end}, ${what}: ${escapeControls(reason)}`)
  for (const attempt of attempts)
    print(`  ${escapeControls(attempt.path)}: ${escapeControls(attempt.reason)}`)
}

function printChanges({ totals, counts, samples }: ChangeReport): void {
  const rows = counts.map(({ before, after, hasOtherValues, lines }) => [
    describe(before),
    `${describe(after)}${hasOtherValues ? ', other values' : ''}`,
    lines,
  ])
  const otherReason = counts.filter(({ before, after }) => before.kind === 'dead' && after.kind === 'dead')
  const stillDead = totals.stillDead - otherReason.reduce((sum, { lines }) => sum + lines, 0)
  if (totals.same > 0) rows.push(['row', 'the same row', totals.same])
  if (stillDead > 0) rows.push(['dead letter', 'the same dead letter', stillDead])
  if (totals.dropped > 0) rows.push(['dropped dead letter', 'left alone', totals.dropped])
  print(formatTable(['now', 'would be', 'lines'], rows))
  print('')
  for (const sample of samples) printSample(sample)
}

function printSample({ before, after, sourceId, lineOffset, line, columns }: ChangeSample): void {
  print(`source ${sourceId}, byte ${lineOffset}: ${describe(before)} → ${describe(after)}`)
  print(`  ${escapeControls(line)}`)
  for (const { column, before: was, after: becomes } of columns) {
    print(`  ${column}: ${show(was)} → ${show(becomes)}`)
  }
  print('')
}

function describe(state: LineState): string {
  return state.kind === 'row' ? `row of ${state.logType}` : `dead letter ${state.reason}`
}

function show(value: unknown): string {
  return value === null ? 'NULL' : escapeControls(JSON.stringify(value))
}
