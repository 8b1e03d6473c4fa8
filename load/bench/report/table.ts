/** Figures of one kind, as they are shown to people: on the terminal and in the documentation. */
export interface Table {
  readonly title: string
  readonly headings: readonly string[]
  readonly rows: ReadonlyArray<readonly string[]>
  /** What has to be known to read it. */
  readonly notes?: readonly string[]
}

/** Aligned columns: the first to the left, the others to the right unless they hold words. */
export function renderTextTable({ title, headings, rows, notes }: Table): string {
  const numeric = numericColumns(headings, rows)
  const widths = headings.map((heading, column) =>
    Math.max(heading.length, ...rows.map((row) => row[column]?.length ?? 0)),
  )
  const line = (cells: readonly string[]) =>
    cells
      .map((cell, column) =>
        numeric[column] ? cell.padStart(widths[column]!) : cell.padEnd(widths[column]!),
      )
      .join('  ')
      .trimEnd()
  return [
    title,
    '',
    line(headings),
    widths.map((width) => '-'.repeat(width)).join('  '),
    ...rows.map(line),
    ...(notes === undefined ? [] : ['', ...notes]),
    '',
  ].join('\n')
}

export function renderMarkdownTable({ title, headings, rows, notes }: Table): string {
  const numeric = numericColumns(headings, rows)
  const line = (cells: readonly string[]) =>
    `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [
    `**${title}**`,
    '',
    line(headings),
    `|${numeric.map((isNumeric) => (isNumeric ? '--:' : '---')).join('|')}|`,
    ...rows.map(line),
    ...(notes === undefined ? [] : ['', ...notes.map((note) => `- ${note}`)]),
  ].join('\n')
}

function numericColumns(headings: readonly string[], rows: Table['rows']): boolean[] {
  return headings.map(
    (_, column) => column > 0 && rows.every((row) => /^(|-|none|.*\d.*)$/.test(row[column] ?? '')),
  )
}

/** 1234567 as 1,234,567. */
export function count(value: number): string {
  return Math.round(value).toLocaleString('en-US')
}

/** So many digits after the point; a dash for what could not be measured. */
export function fixed(value: number | null | undefined, digits: number): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '-'
  return value.toLocaleString('en-US', { minimumFractionDigits: digits, maximumFractionDigits: digits })
}

/** Three digits or more: 0.0123, 1.23, 12.3, 123. */
export function short(value: number | null | undefined): string {
  if (value === null || value === undefined || Number.isNaN(value)) return '-'
  if (value === 0) return '0'
  return fixed(value, Math.max(0, 2 - Math.floor(Math.log10(Math.max(Math.abs(value), 0.001)))))
}

export function mebibytes(bytes: number | null | undefined): string {
  return bytes === null || bytes === undefined ? '-' : `${fixed(bytes / 2 ** 20, 0)} MiB`
}
