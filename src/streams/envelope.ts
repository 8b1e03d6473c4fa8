import { crc32 } from 'node:zlib'
import { z } from 'zod'

/**
 * What travels in a stream entry. Every entry has a field `meta` (JSON, readable with redis-cli; its last member is a
 * checksum of what stands before it) and binary fields:
 *
 *   raw stream    meta  body                        body = LZ4 of the batch body (batch-body.ts)
 *   rows stream   meta  rows  dead  body            rows, dead = LZ4 of binary COPY tuples; body as it came,
 *                                                   so that a row which Postgres refuses can be set aside
 *                                                   with its line's bytes
 */
const count = z.int().min(0)
const checksum = z.int().min(0).max(0xffff_ffff)
const sha256Hex = z.string().regex(/^[0-9a-f]{64}$/)

const batchMeta = z.object({
  /** Version of this layout. */
  v: z.literal(2),
  logType: z.string().min(1).max(63),
  hash: sha256Hex,
  chunk: z.uuid(),
  sourceId: z.int().min(1),
  sourceUuid: z.uuid(),
  /** Byte range of the chunk in its (decompressed) source. */
  start: count,
  end: count,
  lines: count,
  /** SHA-256 of the chunk's content: the batch hash covers it. */
  content: sha256Hex,
  /** Size of the batch body before compression: checked before anything is decompressed. */
  bodyBytes: count,
  /** CRC-32 of the body as it travels: corruption is found before anything is decompressed. */
  bodyCrc32: checksum,
  /** When the reader cut the chunk, epoch milliseconds: read-to-commit is measured from here. */
  cutAtMs: z.number(),
  /**
   * W3C trace context (trace-context.ts). Entries of versions before this lack it, and one that is not well-formed is
   * as good as none: the data is not to blame for it.
   */
  traceparent: z
    .string()
    .regex(/^00-(?!0{32})[0-9a-f]{32}-(?!0{16})[0-9a-f]{16}-[0-9a-f]{2}$/)
    .optional()
    .catch(undefined),
  /** When the file was written last, epoch milliseconds. Entries of older readers do not have it. */
  fileTimeMs: z.number().optional(),
})

const rowsMeta = batchMeta.extend({
  parserVersion: z.int().min(0).max(32767),
  /** LogType.copyLayout of the parser; empty for lines that no type claimed. */
  copyLayout: z.string().max(64),
  /**
   * The declared columns of the tuples, each as `name type`, in order: what an indexer with another declaration needs to
   * write them. Entries of older parsers do not have it.
   */
  columns: z.array(z.string().max(128)).max(256).optional(),
  rows: count,
  rowsBytes: count,
  deadLetters: count,
  deadBytes: count,
  /** Decimal: the sum of the lines' offsets may exceed 2^53. */
  lineOffsetSum: z.string().regex(/^\d{1,40}$/),
  /** Days since 1970-01-01 (UTC) that the rows fall on: the partitions they need. */
  days: z.array(z.int()),
  firstEventMs: z.number().nullable(),
  lastEventMs: z.number().nullable(),
  /** Dead letters by reason, for counting. */
  reasons: z.record(z.string(), count),
  /** CRC-32 of the rows and the dead letters as they travel. */
  rowsCrc32: checksum,
  deadCrc32: checksum,
})

export type BatchMeta = z.infer<typeof batchMeta>
export type RowsMeta = z.infer<typeof rowsMeta>

export interface RawEntry {
  readonly meta: BatchMeta
  readonly body: Buffer
}

export interface RowsEntry {
  readonly meta: RowsMeta
  readonly rows: Buffer
  readonly dead: Buffer
  readonly body: Buffer
}

/** An entry that cannot be opened: malformed, corrupt, or not what its meta says. */
export class UnopenableEntryError extends Error {
  override readonly name = 'UnopenableEntryError'
}

/** Longest meta that is parsed; real ones stay below 4 KiB unless a batch falls on thousands of days. */
const maxMetaBytes = 1 << 20

/** In the meta, before the checksum of all that comes before it. */
const checksumKey = ',"crc32":'

/** The field `meta`. Without the checksum a flipped digit would pass for another number, into the ledger. */
export function encodeMeta(meta: BatchMeta): string {
  const covered = JSON.stringify(meta).slice(0, -1)
  return `${covered}${checksumKey}${crc32(covered)}}`
}

/** @throws UnopenableEntryError */
export function decodeRawEntry(fields: readonly Buffer[]): RawEntry {
  const byName = fieldsByName(fields)
  return { meta: decodeMeta(byName, batchMeta), body: field(byName, 'body') }
}

/** @throws UnopenableEntryError */
export function decodeRowsEntry(fields: readonly Buffer[]): RowsEntry {
  const byName = fieldsByName(fields)
  return {
    meta: decodeMeta(byName, rowsMeta),
    rows: field(byName, 'rows'),
    dead: field(byName, 'dead'),
    body: field(byName, 'body'),
  }
}

/** The meta of an entry of either stream, if at least that can be read; undefined otherwise. */
export function readBatchMeta(fields: readonly Buffer[]): BatchMeta | undefined {
  try {
    return decodeMeta(fieldsByName(fields), batchMeta)
  } catch (error) {
    if (error instanceof UnopenableEntryError) return undefined
    throw error
  }
}

/** Bytes that an entry's values take in the stream; what the bytes counter counts. */
export function entryBytes(fields: readonly Buffer[]): number {
  let bytes = 0
  for (let i = 1; i < fields.length; i += 2) bytes += fields[i]!.length
  return bytes
}

function fieldsByName(fields: readonly Buffer[]): Map<string, Buffer> {
  const byName = new Map<string, Buffer>()
  for (let i = 0; i + 1 < fields.length; i += 2) byName.set(fields[i]!.toString('latin1'), fields[i + 1]!)
  return byName
}

function field(byName: Map<string, Buffer>, name: string): Buffer {
  const value = byName.get(name)
  if (value === undefined) throw new UnopenableEntryError(`field ${name} is missing`)
  return value
}

function decodeMeta<T>(byName: Map<string, Buffer>, schema: z.ZodType<T>): T {
  const bytes = field(byName, 'meta')
  if (bytes.length > maxMetaBytes) throw new UnopenableEntryError(`meta has ${bytes.length} bytes`)
  const covered = bytes.subarray(0, Math.max(0, bytes.lastIndexOf(checksumKey)))
  if (bytes.toString('latin1', covered.length) !== `${checksumKey}${crc32(covered)}}`) {
    throw new UnopenableEntryError('meta: checksum differs')
  }
  let parsed: unknown
  try {
    parsed = JSON.parse(bytes.toString('utf8'))
  } catch {
    throw new UnopenableEntryError('meta is not JSON')
  }
  const result = schema.safeParse(parsed)
  if (!result.success) {
    const first = result.error.issues[0]
    throw new UnopenableEntryError(`meta.${first?.path.join('.') ?? ''}: ${first?.message ?? 'invalid'}`)
  }
  return result.data
}
