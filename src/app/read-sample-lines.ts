import { contentEnd, contentStart } from '../log-types/line/line-content.js'
import { withContent } from '../reader/content.js'
import { lineMemory, visitLines } from '../reader/visit-lines.js'
import { requirePaths } from './require-paths.js'

export interface SampleBounds {
  readonly lines: number
  readonly bytes: number
  /** Longer lines are left out, and so are empty ones. */
  readonly maxLineBytes: number
}

/**
 * The first lines of a file, gzip or not, within bounds.
 * @throws SluiceError SLUICE_PATH_NOT_FOUND, SLUICE_PATH_UNREADABLE
 */
export async function readSampleLines(path: string, bounds: SampleBounds): Promise<Buffer[]> {
  const { files } = await requirePaths([path])
  const memory = lineMemory(bounds.maxLineBytes)
  const lines: Buffer[] = []
  let bytes = 0
  for (const file of files) {
    if (lines.length >= bounds.lines || bytes >= bounds.bytes) break
    await withContent(file.path, (content) =>
      visitLines(content, memory, bounds.maxLineBytes, (lineStart, lineEnd, offset, fullBytes) => {
        const start = contentStart(memory, lineStart, lineEnd, offset === 0)
        const end = contentEnd(memory, start, lineEnd)
        if (end > start && fullBytes <= bounds.maxLineBytes)
          lines.push(Buffer.from(memory.subarray(start, end)))
        bytes += fullBytes
        return lines.length < bounds.lines && bytes < bounds.bytes
      }),
    )
  }
  return lines
}
