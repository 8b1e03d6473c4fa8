import { batchHash } from './batch-body.js'
import { uncompressBlock } from './compression.js'
import { type BatchMeta, decodeRawEntry, UnopenableEntryError } from './envelope.js'
import { maxPartBytes, requireCrc32 } from './rows-entry.js'

/** A batch of lines that was verified. */
export interface OpenedRaw {
  readonly meta: BatchMeta
  /** As it travels. */
  readonly compressed: Buffer
  /** The batch body (batch-body.ts). */
  readonly body: Buffer
}

/**
 * Opens an entry of a type's raw stream. A rows entry has the same meta and body among its fields, and opens as well.
 * @throws UnopenableEntryError
 */
export function openRaw(fields: readonly Buffer[], logType: string): OpenedRaw {
  const { meta, body: compressed } = decodeRawEntry(fields)
  if (meta.logType !== logType) {
    throw new UnopenableEntryError(`meta.logType is not that of the stream ${logType}`)
  }
  requireCrc32('body', compressed, meta.bodyCrc32)
  const body = uncompressBlock(compressed, meta.bodyBytes, maxPartBytes)
  if (batchHash({ ...meta, contentSha256: Buffer.from(meta.content, 'hex') }, body) !== meta.hash) {
    throw new UnopenableEntryError('batch hash differs')
  }
  return { meta, compressed, body }
}
