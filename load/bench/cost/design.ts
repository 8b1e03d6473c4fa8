/** How a design cuts lines into messages, as measured. */
export interface DesignMessages {
  readonly design: string
  /** Lines that go through each hop, messages that they became, and their bytes. */
  readonly lines: number
  readonly hops: ReadonlyArray<{ readonly messages: number; readonly bytes: number }>
  /** What a line waits at most for company at the rate that this was measured for. */
  readonly waitSeconds: number
}

export const SECONDS_PER_DAY = 86_400

/** Queues that a line goes through in Sluice, one after the other: to the parsers, and to the indexers. */
export const SLUICE_HOPS = 2

/**
 * Lines that a chunk gathers from one steadily growing file: until `chunkMs` are over, or it has enough lines or
 * bytes.
 */
export function linesPerChunk(
  linesPerSecond: number,
  bytesPerLine: number,
  { chunkMs, chunkLines, chunkBytes }: ChunkSettings,
): number {
  const byTime = Math.round((linesPerSecond * chunkMs) / 1000)
  return Math.max(1, Math.min(byTime, chunkLines, Math.ceil(chunkBytes / bytesPerLine)))
}

export interface ChunkSettings {
  readonly chunkMs: number
  readonly chunkLines: number
  readonly chunkBytes: number
}
