import { CopyWriter } from '../../postgres/copy-writer.js'
import { type Finding, repeated, templateFindings } from '../declaration/finding.js'
import { falseWords, lowerAscii, trueWords } from './boolean.js'
import { ColumnContext } from './column-context.js'
import type { ColumnDeclaration } from './column-schema.js'
import { createColumn } from './create-column.js'
import { encodeColumn } from './encode-column.js'
import { DEFAULT_MAX_TEXT_BYTES, type EncodedColumn } from './encoded-column.js'
import { checkTimeFormat, timeFormatRule } from './timestamps/formatted-timestamp.js'

const INDEX_COLUMN_OVERHEAD = 8
const MAX_FIXED_COLUMN_BYTES = 24

/** The rules that connect the keys of one column, at `path`. `timezone` is the type's. */
export function checkColumn(
  column: ColumnDeclaration,
  path: readonly PropertyKey[],
  timezone: string | undefined,
): Finding[] {
  const findings = [
    ...checkRange(column, path),
    ...checkFormats(column, path),
    ...checkWords(column, path),
    ...checkMapOnly(column, path),
    ...checkJson(column, path),
  ]
  return findings.length > 0 ? findings : checkValues(column, path, new ColumnContext(undefined, timezone))
}

/** The most bytes that a value takes in an index; undefined for a type that a B-tree index is no use for. */
export function indexedBytes(column: ColumnDeclaration): number | undefined {
  switch (column.type) {
    case 'text':
      return (column.maxBytes ?? DEFAULT_MAX_TEXT_BYTES) + INDEX_COLUMN_OVERHEAD
    case 'enum':
      return Math.max(...column.values.map((value) => Buffer.byteLength(value))) + INDEX_COLUMN_OVERHEAD
    case 'jsonb':
    case 'text[]':
    case 'integer[]':
    case 'bigint[]':
    case 'inet[]':
      return undefined
    default:
      return MAX_FIXED_COLUMN_BYTES + INDEX_COLUMN_OVERHEAD
  }
}

function checkRange(column: ColumnDeclaration, path: readonly PropertyKey[]): Finding[] {
  if (!('min' in column && 'max' in column)) return []
  const { min, max } = column
  if (min === undefined || max === undefined || min <= max) return []
  return [
    {
      path: [...path, 'max'],
      expected: `a number not below min, ${min}`,
      got: `${max}`,
      advice: 'Correct min or max.',
    },
  ]
}

function checkFormats(column: ColumnDeclaration, path: readonly PropertyKey[]): Finding[] {
  if (column.type !== 'timestamptz') return []
  return (column.formats ?? []).flatMap((format, index) => {
    const at = [...path, 'formats', index]
    const findings = templateFindings(at, () => checkTimeFormat(format))
    if (findings.length === 0 || format.includes('%')) return findings
    const advice = 'Correct the name, or write the parts of the time with %.'
    return [{ path: at, expected: timeFormatRule, got: JSON.stringify(format), advice }]
  })
}

function checkWords(column: ColumnDeclaration, path: readonly PropertyKey[]): Finding[] {
  if (column.type === 'enum') {
    const again = column.values.findIndex((value, index) => column.values.indexOf(value) < index)
    return again < 0 ? [] : [repeated([...path, 'values', again], column.values[again]!)]
  }
  if (column.type !== 'boolean') return []
  const forTrue = (column.true ?? trueWords).map(lowerAscii)
  const forFalse = (column.false ?? falseWords).map(lowerAscii)
  const both = forFalse.find((word) => forTrue.includes(word))
  if (both === undefined) return []
  return [
    {
      path: [...path, column.false === undefined ? 'true' : 'false'],
      expected: `words that are not both true and false; words for true are ${forTrue.join(', ')}`,
      got: JSON.stringify(both),
      advice: 'Declare the words for both, true and false.',
    },
  ]
}

function checkMapOnly({ map, mapOnly }: ColumnDeclaration, path: readonly PropertyKey[]): Finding[] {
  if (mapOnly === undefined || map !== undefined) return []
  const advice = 'Add the map, or remove mapOnly.'
  return [{ path: [...path, 'mapOnly'], expected: 'mapOnly only beside map', got: 'no map', advice }]
}

function checkJson(column: ColumnDeclaration, path: readonly PropertyKey[]): Finding[] {
  if (!('json' in column) || column.json === undefined || column.separator !== undefined) return []
  const advice = 'Add the separator, or remove json: without a separator only JSON arrays are taken.'
  return [{ path: [...path, 'json'], expected: 'json only beside separator', got: 'no separator', advice }]
}

/** What a declaration puts into a column must fit it, or every line that gets it would be refused. */
function checkValues(
  column: ColumnDeclaration,
  path: readonly PropertyKey[],
  context: ColumnContext,
): Finding[] {
  if (column.map === undefined && column.default === undefined) return []
  const findings: Finding[] = []
  const tryValue = (encoded: EncodedColumn, value: string | undefined, key: readonly PropertyKey[]) => {
    const bytes = Buffer.from(value ?? '')
    const end = value === undefined ? -1 : bytes.length
    const refusal = encodeColumn(encoded, bytes, Math.min(end, 0), end, new CopyWriter(64), {
      timestampMs: 0,
    })
    if (refusal === undefined) return
    findings.push({
      path: [...path, ...key],
      expected: refusal.detail.replace(/^[^:]*: expected /, ''),
      got: JSON.stringify(value ?? column.default),
      advice: 'Correct the value: it is what the column would get.',
    })
  }
  const { nulls: _, normalise: _n, default: fallback, map, mapOnly: _m, ...bare } = column
  const plain = createColumn(bare as ColumnDeclaration, false, context)
  for (const [from, to] of Object.entries(map ?? {})) tryValue(plain, to, ['map', from])
  if (findings.length === 0 && fallback !== undefined) {
    tryValue(createColumn(column, false, context), undefined, ['default'])
  }
  return findings
}
