import type { Content } from './content.js'

/** The content as if it ended at `sizeBytes`, however much is written behind that. */
export function contentUpTo(content: Content, sizeBytes: number): Content {
  return {
    compressed: content.compressed,
    get damage() {
      return content.damage
    },
    get onPiece() {
      return content.onPiece
    },
    set onPiece(listener) {
      content.onPiece = listener
    },
    read: (buffer, at, until, offset) =>
      offset >= sizeBytes
        ? Promise.resolve(0)
        : content.read(buffer, at, Math.min(until, at + sizeBytes - offset), offset),
    close: () => content.close(),
  }
}
