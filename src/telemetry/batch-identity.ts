/** What every log event about a chunk has; that about one of its batches has the first three as well, under the same names in all stages. */
export interface ChunkIdentity {
  /** The source's number in `sluice.sources`. */
  readonly source: number
  /** The chunk's UUID. */
  readonly chunk: string
  /** 32 hex digits; the same for all batches of a chunk, from reading to COMMIT (streams/trace-context.ts). */
  readonly traceId: string
  /** Byte range of the chunk in its source. */
  readonly startOffset: number
  readonly endOffset: number
}

/** What every log event about a batch has. */
export interface BatchIdentity extends Pick<ChunkIdentity, 'source' | 'chunk' | 'traceId'> {
  readonly logType: string
  /** The batch's hash, 64 hex digits. */
  readonly batch: string
  /** The step that the batch comes from: `spanId` of who published it or handed it over; 16 hex digits. */
  readonly parentSpanId?: string
}
