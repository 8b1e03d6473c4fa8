import { compressSync, uncompressSync } from 'lz4-napi'
import { UnopenableEntryError } from './envelope.js'

/**
 * LZ4 in the block format with the uncompressed size in front (uint32, little-endian), so that the size is known,
 * and refused, before anything is allocated: a frame would only tell afterwards. Integrity is not LZ4's task
 * here: what travels is verified by the checksums in its meta.
 *
 * On the thread that asks, a millisecond or two a batch: lz4-napi's asynchronous functions keep what their threads
 * allocated, which made a process that runs all roles 100 MiB larger and no faster.
 */
export function compressBlock(bytes: Buffer): Buffer {
  return compressSync(bytes)
}

/** @throws UnopenableEntryError when the block is corrupt or does not hold exactly expectedBytes. */
export function uncompressBlock(block: Buffer, expectedBytes: number, maxBytes: number): Buffer {
  if (expectedBytes > maxBytes) {
    throw new UnopenableEntryError(`claims ${expectedBytes} bytes, at most ${maxBytes} are accepted`)
  }
  const prefix = block.length >= 4 ? block.readUInt32LE(0) : -1
  if (prefix !== expectedBytes) {
    throw new UnopenableEntryError(`block holds ${prefix} bytes, meta says ${expectedBytes}`)
  }
  let bytes: Buffer
  try {
    bytes = uncompressSync(block)
  } catch {
    throw new UnopenableEntryError('block is corrupt')
  }
  if (bytes.length !== expectedBytes) {
    throw new UnopenableEntryError(`block holds ${bytes.length} bytes, meta says ${expectedBytes}`)
  }
  return bytes
}
