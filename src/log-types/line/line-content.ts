import type { LogType, LogTypeRegistry } from '../log-type.js'

/**
 * What of a stored line is its content: not a carriage return at its end, not a byte order mark at the beginning
 * of its file. Reader and parser must agree on this, or a line is recognised as one thing and parsed as another.
 */
export function contentStart(bytes: Buffer, start: number, end: number, isFirstOfFile: boolean): number {
  return isFirstOfFile &&
    end - start >= 3 &&
    bytes[start] === 0xef &&
    bytes[start + 1] === 0xbb &&
    bytes[start + 2] === 0xbf
    ? start + 3
    : start
}

export function contentEnd(bytes: Buffer, start: number, end: number): number {
  return end > start && bytes[end - 1] === 0x0d ? end - 1 : end
}

/** The content of one line, whose first byte is at this offset of its file. A view. */
export function contentOf(line: Buffer, lineOffset: number): Buffer {
  const start = contentStart(line, 0, line.length, lineOffset === 0)
  return line.subarray(start, contentEnd(line, start, line.length))
}

/**
 * The type that claims one line, as the reader decides it; undefined: none does. Of a record of several lines the first
 * decides. `line` is shorter than `fullBytes` when only its beginning is kept, which no type claims.
 */
export function classifyLine(
  line: Buffer,
  lineOffset: number,
  fullBytes: number,
  registry: LogTypeRegistry,
): LogType | undefined {
  if (line.length < fullBytes) return undefined
  const newlineAt = line.indexOf(0x0a)
  const content = contentOf(newlineAt === -1 ? line : line.subarray(0, newlineAt), lineOffset)
  return content.length === 0 ? undefined : registry.types[registry.classify(content, 0, content.length)]
}
