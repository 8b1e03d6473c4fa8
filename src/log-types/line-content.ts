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
