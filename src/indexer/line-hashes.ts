import { hash } from 'node:crypto'
import { visitLines } from '../streams/batch-body.js'
import { type BatchMeta, UnopenableEntryError } from '../streams/envelope.js'

/** The lines of a batch in the order of the file, in parallel arrays. */
export interface LineHashes {
  /** Absolute, ascending. */
  readonly offsets: Float64Array
  /** Length of each line. */
  readonly bytes: Uint32Array
  /** recordHashBytes each, one after the other. */
  readonly hashes: Buffer
}

/**
 * The first 128 bits of SHA-256 over the log type's name, a NUL and the line. Two lines of a day that differ and have
 * the same are not met by chance, and not made on purpose in less than 2^64 tries.
 */
export const recordHashBytes = 16

/**
 * Hashes each line of a batch as it stands in the file, without its newline.
 * @throws UnopenableEntryError when the body's layout does not hold together or does not have so many lines.
 */
export function hashLines(
  body: Buffer,
  { logType, start, lines }: Pick<BatchMeta, 'logType' | 'start' | 'lines'>,
): LineHashes {
  // Before memory is taken for so many: each takes more than a byte.
  if (lines > body.length) throw new UnopenableEntryError(`a body of ${body.length} bytes for ${lines} lines`)
  const offsets = new Float64Array(lines)
  const bytes = new Uint32Array(lines)
  const hashes = Buffer.allocUnsafe(lines * recordHashBytes)
  const prefix = Buffer.from(`${logType}\0`)
  let hashed = withRoom(prefix, usualLineBytes)
  let index = 0
  visitLines(body, (from, to, offset, fullBytes) => {
    if (index === lines) throw new UnopenableEntryError(`batch has more lines than ${lines}, as meta says`)
    offsets[index] = start + offset
    bytes[index] = fullBytes
    const end = prefix.length + to - from
    if (end > hashed.length) hashed = withRoom(prefix, 2 * end)
    body.copy(hashed, prefix.length, from, to)
    // As a string of bytes: a Buffer for each line would cost three times the hash.
    const sha256 = hash('sha256', hashed.subarray(0, end), 'binary')
    hashes.write(sha256, index * recordHashBytes, recordHashBytes, 'latin1')
    index++
  })
  if (index !== lines) throw new UnopenableEntryError(`batch has ${index} lines, meta says ${lines}`)
  return { offsets, bytes, hashes }
}

/** Memory for hashing one line: a longer one makes it larger. */
const usualLineBytes = 4096

function withRoom(prefix: Buffer, bytes: number): Buffer {
  const buffer = Buffer.allocUnsafe(prefix.length + bytes)
  prefix.copy(buffer)
  return buffer
}
