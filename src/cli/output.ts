import { escapeControls } from '../errors/safe-text.js'

const numbers = new Intl.NumberFormat('en-US')

export function formatCount(value: number): string {
  return numbers.format(value)
}

export function formatBytes(bytes: number): string {
  const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB']
  let value = bytes
  let unit = 0
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024
    unit++
  }
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]}`
}

export function formatSeconds(seconds: number): string {
  if (seconds < 60) return `${seconds.toFixed(seconds < 10 ? 1 : 0)} s`
  const minutes = Math.floor(seconds / 60)
  return minutes < 60
    ? `${minutes} min ${Math.round(seconds % 60)} s`
    : `${Math.floor(minutes / 60)} h ${minutes % 60} min`
}

/** Lines in a second. */
export function formatRate(lines: number, seconds: number): string {
  return formatCount(seconds > 0 ? Math.round(lines / seconds) : 0)
}

/**
 * Rows as aligned columns, numbers to the right, also those that came as text. Cells are text that may come from data:
 * control characters are escaped, so that nothing in a log line can write to the terminal.
 */
export function formatTable(headings: readonly string[], rows: ReadonlyArray<readonly unknown[]>): string {
  const cells = rows.map((row) => row.map(formatCell))
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...cells.map((row) => row[column]?.length ?? 0)),
  )
  const isNumber = headings.map((_, column) => rows.every((row) => isNumeric(row[column])))
  const line = (row: readonly string[]) =>
    row
      .map((cell, column) =>
        isNumber[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd()
  return [line(headings), widths.map((width) => '-'.repeat(width)).join('  '), ...cells.map(line)].join('\n')
}

function isNumeric(value: unknown): boolean {
  return value === null || typeof value === 'number' || (typeof value === 'string' && /^-?\d+$/.test(value))
}

const maxCellLength = 60

function formatCell(value: unknown): string {
  if (typeof value === 'number') return Number.isInteger(value) ? formatCount(value) : String(value)
  const text = escapeControls(
    value === null || value === undefined
      ? ''
      : value instanceof Date
        ? value.toISOString()
        : typeof value === 'object'
          ? JSON.stringify(value)
          : String(value),
  )
  return text.length > maxCellLength ? `${text.slice(0, maxCellLength - 1)}…` : text
}

/** The end of a path tells files apart; a cell cut at its end would lose it. */
export function shortenPath(path: string): string {
  return path.length > maxCellLength ? `…${path.slice(1 - maxCellLength)}` : path
}

export function print(text: string): void {
  process.stdout.write(`${text}\n`)
}

export function printJson(value: unknown): void {
  process.stdout.write(`${JSON.stringify(value)}\n`)
}
