import type pg from 'pg'
import { type Chunk, chunkId, recordChunk } from '../ledger/chunks.js'
import { failpoint } from '../lifecycle/failpoints.js'
import { identifyChunk } from '../streams/trace-context.js'
import type { ReaderTelemetry } from '../telemetry/reader-telemetry.js'
import type { CutChunk } from './chunk-builder.js'
import type { KnownSource, KnownSources } from './known-sources.js'
import { describeBatches } from './publisher.js'

export interface ChunkRecordingOptions {
  readonly pool: pg.Pool
  readonly sources: KnownSources
  readonly telemetry: ReaderTelemetry
}

/** Where a chunk was cut, and what of its file is recorded with it. */
export interface RecordedCut {
  readonly source: KnownSource
  readonly path: string
  /** When the file was written last. */
  readonly fileTimeMs: number
  readonly cutSeconds: number
}

/** What the ledger is told of a chunk of this source. */
export function describeChunk(
  source: Pick<KnownSource, 'id' | 'uuid'>,
  cut: CutChunk,
  fileTimeMs: number,
): Chunk {
  const { start, end, lines, contentSha256 } = cut
  return {
    id: chunkId(source.uuid, start, end, contentSha256),
    sourceId: source.id,
    sourceUuid: source.uuid,
    ...{ start, end, lines, contentSha256, fileTimeMs },
    batches: describeBatches(source.uuid, cut),
  }
}

/**
 * Records what was cut from the file at `path` as the source's next chunk, before anything of it is published.
 * Undefined when the source does not end any more where it begins: another reader was first, or the database was set
 * back; then the ledger is asked where the sources stand.
 */
export async function recordCut(
  cut: CutChunk,
  { source, path, fileTimeMs, cutSeconds }: RecordedCut,
  { pool, sources, telemetry }: ChunkRecordingOptions,
): Promise<Chunk | undefined> {
  const began = performance.now()
  const chunk = describeChunk(source, cut, fileTimeMs)
  failpoint('reader.chunk-cut')
  if (!(await recordChunk(pool, chunk))) {
    telemetry.sourceConflict({ source: source.id, path, startOffset: cut.start })
    await sources.refresh()
    return undefined
  }
  source.recordedBytes = cut.end
  source.recordedLines += cut.lines
  telemetry.chunkRecorded({
    ...identifyChunk(chunk),
    bytes: cut.end - cut.start,
    linesByType: Object.fromEntries([...cut.bodies].map(([logType, { lines }]) => [logType, lines])),
    cutSeconds,
    recordSeconds: (performance.now() - began) / 1000,
  })
  failpoint('reader.chunk-recorded')
  return chunk
}
