import type { TryProgress, TryResult } from '../../app/try-log-types.js'
import type { ShownLine } from '../../app/try-tally.js'
import { escapeControls } from '../../errors/safe-text.js'
import { escapeLine } from '../dead-letters/escape-line.js'
import { formatBytes, formatCount, formatRate, formatSeconds, formatTable, print } from '../output.js'
import type { ShownProgress } from '../progress-display.js'

/** Of a line so much is shown: enough to know it, and a long one does not fill the screen. */
const shownLineLength = 300
/** The most frequent reasons. */
const shownReasons = 20
const steps = 1000

export function showTry({ readBytes, totalBytes, lines, seconds }: TryProgress): ShownProgress {
  const share = totalBytes === 0 ? 1 : Math.min(1, readBytes / totalBytes)
  return {
    done: Math.round(share * steps),
    total: steps,
    seconds,
    figures: [
      `${Math.floor(share * 100)}%`,
      `${formatCount(lines)} lines`,
      `${formatRate(lines, seconds)}/s`,
      share > 0 ? `${formatSeconds((seconds / share) * (1 - share))} left` : 'time left unknown',
    ],
  }
}

interface TypeRow {
  readonly name: string
  readonly active: boolean
  readonly lines: number
  readonly rows: number
  readonly takenFrom: Readonly<Record<string, number>>
}

/** The types that get lines, in the order in which they are tried. */
function typeRows({ loaded, tally }: TryResult): TypeRow[] {
  return tally.types
    .map(({ lines, rows, takenFrom }, index) => ({
      name: loaded.registry.types[index]!.name,
      active: loaded.declared[index]?.isActive === true,
      lines,
      rows,
      takenFrom: Object.fromEntries(takenFrom),
    }))
    .filter(({ lines }) => lines > 0)
}

export function tryToJson(result: TryResult): Record<string, unknown> {
  const { tally, files, bytes, seconds, warnings } = result
  const types = typeRows(result).map((row) => ({ ...row, refused: row.lines - row.rows }))
  return {
    files,
    bytes,
    lines: tally.lines,
    seconds: Math.round(seconds * 1000) / 1000,
    linesPerSecond: seconds > 0 ? Math.round(tally.lines / seconds) : 0,
    logTypes: types,
    unclaimed: { ...tally.unclaimed, first: tally.firstUnclaimed.map(lineToJson) },
    refused: tally.refused.map(({ logType, refusal, lines, first }) => {
      return { logType, ...refusal, lines, first: lineToJson(first) }
    }),
    activate: toActivate(result),
    warnings,
  }
}

function lineToJson({ path, number, raw }: ShownLine): Record<string, unknown> {
  return { path, number, lineBase64: raw.toString('base64') }
}

/** What SLUICE_LOG_TYPES_CATALOGUE would have to be for all types that get lines; undefined: it is so. */
function toActivate({ loaded, tally }: TryResult): string | undefined {
  const isNeeded = (index: number) => tally.types[index]!.lines > 0 || loaded.declared[index]!.isActive
  const inCatalogue = loaded.declared.filter((one, index) => one.inCatalogue && isNeeded(index))
  return inCatalogue.every(({ isActive }) => isActive)
    ? undefined
    : inCatalogue.map(({ declaration }) => declaration.name).join(',')
}

export function printTry(result: TryResult): void {
  const { tally, files, bytes, seconds } = result
  print(
    `${formatCount(tally.lines)} lines of ${formatCount(files)} ${files === 1 ? 'file' : 'files'}, ${formatBytes(bytes)}, in ${formatSeconds(seconds)}: ${formatRate(tally.lines, seconds)} lines/s.\n`,
  )
  printTypes(result)
  printUnclaimed(result)
  printRefused(result)
  const names = toActivate(result)
  if (names !== undefined) {
    print('\nSome of these types are not active. To activate them, and migrate:')
    print(`  SLUICE_LOG_TYPES_CATALOGUE=${names}`)
  }
  for (const { name, takenFrom } of typeRows(result)) {
    for (const [other, lines] of Object.entries(takenFrom))
      print(`As long as ${name} is not active, ${other} takes ${formatCount(lines)} of its lines.`)
  }
  for (const warning of result.warnings) print(`warning: ${escapeControls(warning)}`)
}

function printTypes(result: TryResult): void {
  const { lines: all, unclaimed } = result.tally
  const share = (lines: number) => `${((100 * lines) / Math.max(1, all)).toFixed(1)}%`
  const rows: unknown[][] = typeRows(result).map(({ name, active, lines, rows: parsed }) => {
    return [name, active ? 'yes' : 'no', lines, share(lines), parsed, lines - parsed]
  })
  for (const [reason, lines] of Object.entries(unclaimed)) {
    if (lines > 0) rows.push([`(${reason})`, '', lines, share(lines), null, null])
  }
  print(formatTable(['log type', 'active', 'lines', 'share', 'rows', 'refused'], rows))
}

function printUnclaimed({ tally }: TryResult): void {
  if (tally.firstUnclaimed.length === 0) return
  print('\nThe first lines that no type claims:')
  for (const line of tally.firstUnclaimed) printLine(line)
}

function printRefused({ tally }: TryResult): void {
  const { refused } = tally
  for (const { logType, refusal, lines, first } of refused.slice(0, shownReasons)) {
    print(`\n${logType} refuses ${formatCount(lines)}: ${refusal.reason} (${escapeControls(refusal.detail)})`)
    printLine(first)
  }
  if (refused.length > shownReasons) {
    print(`\n${formatCount(refused.length - shownReasons)} more reasons: --json has all of them.`)
  }
}

function printLine({ path, number, raw }: ShownLine): void {
  const line = escapeLine(raw)
  print(`  ${escapeControls(path)}:${number}`)
  print(`    ${line.length > shownLineLength ? `${line.slice(0, shownLineLength)}…` : line}`)
}
