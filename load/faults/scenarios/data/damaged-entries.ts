import { crc32 } from 'node:zlib'
import { compressSync } from 'lz4-napi'

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
  { reason: /^meta is not JSON$/, damage: (fields) => cutInHalf(fields, 'meta') },
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
      const body = compressSync(Buffer.alloc(bombBytes))
      fields.set('body', body)
      changeMeta(fields, { bodyBytes: bombBytes, bodyCrc32: crc32(body) })
    },
  },
]

export const damagesOfRowsEntries: readonly Damage[] = [
  { reason: /^rows: checksum differs$/, damage: (fields) => flipBit(fields, 'rows') },
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

function flipBit(fields: Fields, name: string): void {
  const bytes = fields.get(name)!
  bytes[bytes.length >> 1]! ^= 1
}

function cutInHalf(fields: Fields, name: string): void {
  const bytes = fields.get(name)!
  fields.set(name, bytes.subarray(0, bytes.length >> 1))
}

function changeMeta(fields: Fields, changes: object): void {
  const meta = JSON.parse(fields.get('meta')!.toString()) as object
  fields.set('meta', Buffer.from(JSON.stringify({ ...meta, ...changes })))
}
