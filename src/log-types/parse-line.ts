import { CopyWriter } from '../postgres/copy-writer.js'
import { readTuple } from '../postgres/read-tuple.js'
import { readValue } from './columns/read-value.js'
import { LineSource, SLACK_BYTES } from './line/line-source.js'
import type { LogType, Refusal } from './log-type.js'

export type ParsedLine =
  /** Values as text by column, `extra` as JSON text last; null is NULL. */
  | { readonly row: ReadonlyMap<string, string | null>; readonly timestampMs: number }
  | { readonly refusal: Refusal }

/**
 * One line taken the way of all lines and read back: for samples and for looking at a line. Slow. `fileTimeMs`: when its
 * file was written, which says the year of times without one; NaN where that is not known.
 */
export function parseLine(type: LogType, line: string | Buffer, fileTimeMs = Number.NaN): ParsedLine {
  const bytes = Buffer.from(line)
  const padded = Buffer.concat([bytes, Buffer.alloc(SLACK_BYTES)])
  const writer = new CopyWriter(64)
  const out = { timestampMs: Number.NaN }
  writer.beginTuple(type.columns.length + 1)
  const refusal = type.encodeLine(new LineSource(padded, false, fileTimeMs), 0, bytes.length, writer, out)
  if (refusal !== undefined) return { refusal }
  const tuple = writer.take()
  const fields = readTuple(tuple, 0)
  const names = [...type.columns.map((column) => column.name), 'extra']
  const types = [...type.columns.map((column) => column.type), 'jsonb' as const]
  const row = new Map(
    fields.map((field, index) => [names[index]!, field === null ? null : readValue(types[index]!, field)]),
  )
  return { row, timestampMs: out.timestampMs }
}
