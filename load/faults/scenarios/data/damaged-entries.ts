import { crc32 } from 'node:zlib'
import { encodeMeta, type RowsMeta } from '../../../../src/streams/envelope.js'

/** The fields of a stream entry by name. */
export type Fields = Map<string, Buffer>

/** What is done to an entry, and the reason for which it has to be set aside. */
export interface Damage {
  readonly reason: RegExp
  damage(fields: Fields): void
}

const bombBytes = 200 * 1024 * 1024

export const damagesOfRawEntries: readonly Damage[] = [
  { reason: /^body: checksum differs$/, damage: (fields) => flipBit(fields, 'body') },
  { reason: /^meta: checksum differs$/, damage: (fields) => cutInHalf(fields, 'meta') },
  { reason: /^field body is missing$/, damage: (fields) => fields.delete('body') },
  {
    // The checksum is right: it was corrupt before it was sent. Some blocks can be decompressed as far as they go.
    reason: /^block (is corrupt|holds \d+ bytes, meta says (?!1000$)\d+)$/,
    damage(fields) {
      cutInHalf(fields, 'body')
      changeMeta(fields, { bodyCrc32: crc32(fields.get('body')!) })
    },
  },
  {
    reason: /^block holds \d+ bytes, meta says 1000$/,
    damage: (fields) => changeMeta(fields, { bodyBytes: 1000 }),
  },
  {
    reason: /^claims 4294967295 bytes, at most 268435456 are accepted$/,
    damage(fields) {
      const body = fields.get('body')!
      body.writeUInt32LE(0xffff_ffff)
      changeMeta(fields, { bodyBytes: 0xffff_ffff, bodyCrc32: crc32(body) })
    },
  },
  {
    // A bomb: less than a MiB that becomes 200, and all that it says of its size is true.
    reason: /^batch hash differs$/,
    damage(fields) {
      const body = bombOfZeros(bombBytes)
      fields.set('body', body)
      changeMeta(fields, { bodyBytes: bombBytes, bodyCrc32: crc32(body) })
    },
  },
]

export const damagesOfRowsEntries: readonly Damage[] = [
  { reason: /^rows: checksum differs$/, damage: (fields) => flipBit(fields, 'rows') },
  { reason: /^meta: checksum differs$/, damage: flipDigitOfMeta },
  { reason: /^field rows is missing$/, damage: (fields) => fields.delete('rows') },
  {
    reason: /^\d+ rows and \d+ dead letters of 1 lines$/,
    damage: (fields) => changeMeta(fields, { lines: 1 }),
  },
  {
    reason: /^block holds \d+ bytes, meta says 1000$/,
    damage: (fields) => changeMeta(fields, { rowsBytes: 1000 }),
  },
]

/** LZ4 with its size in front: a zero, "the same again, 255 times" as often as needed, and the last bytes as they are. */
function bombOfZeros(bytes: number): Buffer {
  const repeated = bytes - 6 - 19
  const block = Buffer.concat([
    Buffer.from([0, 0, 0, 0, 0x1f, 0, 1, 0]),
    Buffer.alloc(Math.floor(repeated / 255), 0xff),
    Buffer.from([repeated % 255, 0x50, 0, 0, 0, 0, 0]),
  ])
  block.writeUInt32LE(bytes)
  return block
}

function flipBit(fields: Fields, name: string): void {
  const bytes = fields.get(name)!
  bytes[bytes.length >> 1]! ^= 1
}

/** What is left is JSON, with everything in it that there should be. */
function flipDigitOfMeta(fields: Fields): void {
  const meta = fields.get('meta')!
  meta[meta.indexOf('"lineOffsetSum":"') + '"lineOffsetSum":"'.length]! ^= 1
}

function cutInHalf(fields: Fields, name: string): void {
  const bytes = fields.get(name)!
  fields.set(name, bytes.subarray(0, bytes.length >> 1))
}

/** What it says of itself is not true, and the checksum is right. */
function changeMeta(fields: Fields, changes: Partial<RowsMeta>): void {
  const meta = JSON.parse(fields.get('meta')!.toString()) as RowsMeta
  fields.set('meta', Buffer.from(encodeMeta({ ...meta, ...changes })))
}
