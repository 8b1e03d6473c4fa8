import type { ColumnValue } from '../../generate/record.js'
import type { ColumnKind } from '../exercise-tables.js'

export const COPY_FORMATS = ['text', 'binary'] as const
export type CopyFormat = (typeof COPY_FORMATS)[number]

/** What a COPY in this format starts and ends with, around the rows. */
export const COPY_FRAMES: Readonly<
  Record<CopyFormat, { readonly header: Buffer; readonly trailer: Buffer }>
> = {
  text: { header: Buffer.alloc(0), trailer: Buffer.alloc(0) },
  binary: {
    header: Buffer.from('PGCOPY\n\xff\r\n\0\0\0\0\0\0\0\0\0', 'latin1'),
    trailer: Buffer.from([0xff, 0xff]),
  },
}

/** A line of COPY's text format: tabs between values, \N for null, backslashes before what would end one. */
export function encodeTextRow(values: readonly ColumnValue[]): string {
  return `${values.map(textField).join('\t')}\n`
}

function textField(value: ColumnValue): string {
  if (value === null) return '\\N'
  const text = String(value)
  return /[\\\n\r\t]/.test(text) ? text.replace(/[\\\n\r\t]/g, (found) => ESCAPES[found]!) : text
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }

/** A tuple of COPY's binary format: int16 field count, then for each field an int32 length and the value. */
export function encodeBinaryRow(kinds: readonly ColumnKind[], values: readonly ColumnValue[]): Buffer {
  const count = Buffer.alloc(2)
  count.writeInt16BE(kinds.length)
  return Buffer.concat([count, ...kinds.map((kind, index) => binaryField(kind, values[index] ?? null))])
}

const NULL_FIELD = Buffer.from([0xff, 0xff, 0xff, 0xff])

function binaryField(kind: ColumnKind, value: ColumnValue): Buffer {
  if (value === null) return NULL_FIELD
  const bytes = binaryValue(kind, value)
  const field = Buffer.allocUnsafe(4 + bytes.length)
  field.writeInt32BE(bytes.length)
  bytes.copy(field, 4)
  return field
}

const EPOCH_2000_MS = Date.UTC(2000, 0, 1)

function binaryValue(kind: ColumnKind, value: Exclude<ColumnValue, null>): Buffer {
  switch (kind) {
    case 'text':
      return Buffer.from(String(value))
    case 'integer': {
      const bytes = Buffer.allocUnsafe(4)
      bytes.writeInt32BE(Number(value))
      return bytes
    }
    case 'timestamptz': {
      const bytes = Buffer.allocUnsafe(8)
      bytes.writeBigInt64BE(BigInt(Date.parse(String(value)) - EPOCH_2000_MS) * 1000n)
      return bytes
    }
    case 'inet':
      return addressBytes(String(value))
  }
}

/** PostgreSQL's family numbers, prefix length, not a network, length, address. */
function addressBytes(address: string): Buffer {
  if (!address.includes(':')) return Buffer.from([2, 32, 0, 4, ...address.split('.').map(Number)])
  const [head = '', tail] = address.split('::')
  const groups = (text: string) =>
    text === '' ? [] : text.split(':').map((group) => Number.parseInt(group, 16))
  const front = groups(head)
  const back = tail === undefined ? [] : groups(tail)
  const all = [...front, ...new Array<number>(8 - front.length - back.length).fill(0), ...back]
  return Buffer.from([3, 128, 0, 16, ...all.flatMap((group) => [group >> 8, group & 255])])
}
