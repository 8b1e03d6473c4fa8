import { basename, join } from 'node:path'
import type { ClientBase } from 'pg'
import { generateRecords } from '../generate/generate-records.js'
import type { Oracle, OracleFile } from '../generate/oracle.js'
import { type GeneratedRecord, isDeadLetter, LOG_TYPES } from '../generate/record.js'
import type { Mismatches } from './mismatches.js'
import { TABLES } from './tables.js'

interface SourceRow {
  readonly source_id: number
  readonly path: string
}

/** Which source of the database holds which generated file. */
export interface SourceMap {
  /** Undefined when the file was not found; that has been reported. */
  sourceOf(place: Pick<GeneratedRecord, 'file' | 'segment'>): number | undefined
  readonly fileOf: ReadonlyMap<number, OracleFile>
}

/** Finds the source of every file and reports files without one, and sources without a file. */
export async function mapSources(
  client: ClientBase,
  oracle: Oracle,
  mismatches: Mismatches,
): Promise<SourceMap> {
  const { rows: sources } = await client.query<SourceRow>(
    'SELECT source_id, path FROM sluice.sources ORDER BY 1',
  )
  const candidates =
    oracle.output.rotation === 'none'
      ? new Map(oracle.files.map((file) => [placeOf(file), sourcesByName(file, oracle, sources)]))
      : await findByContent(client, oracle, sources)

  const byPlace = new Map<string, number>()
  const fileOf = new Map<number, OracleFile>()
  for (const file of oracle.files) {
    const [sourceId, ...others] = candidates.get(placeOf(file)) ?? []
    if (sourceId === undefined) {
      mismatches.add('source_missing', { file: file.name, segment: file.segment })
    } else if (others.length > 0 || fileOf.has(sourceId)) {
      mismatches.add('source_ambiguous', { file: file.name, segment: file.segment, source_id: sourceId })
    } else {
      byPlace.set(placeOf(file), sourceId)
      fileOf.set(sourceId, file)
    }
  }
  for (const { source_id: sourceId, path } of sources) {
    if (!fileOf.has(sourceId)) mismatches.add('source_unexpected', { path, source_id: sourceId })
  }
  return { sourceOf: (place) => byPlace.get(placeOf(place)), fileOf }
}

function placeOf({ file, segment }: Pick<GeneratedRecord, 'file' | 'segment'>): string {
  return `${file}/${segment}`
}

/** The source with exactly the file's path; failing that, all that have its name in another directory. */
function sourcesByName(file: OracleFile, oracle: Oracle, sources: readonly SourceRow[]): number[] {
  const exact = sources.filter(({ path }) => path === join(oracle.output.directory, file.name))
  const chosen = exact.length > 0 ? exact : sources.filter(({ path }) => basename(path) === file.name)
  return chosen.map((source) => source.source_id)
}

/** How many rows of a segment identify its source: one would do, unless just that one is wrong. */
const PROBES_PER_SEGMENT = 8

/** Rotated files change their names, also while they are read. What stands at known offsets tells them apart. */
async function findByContent(
  client: ClientBase,
  oracle: Oracle,
  sources: readonly SourceRow[],
): Promise<Map<string, number[]>> {
  const found = new Map<string, number[]>()
  for (const [place, records] of collectProbes(oracle)) {
    const pattern = oracle.files.find((file) => placeOf(file) === place)!.name.replace(/\.\d+$/, '')
    const named = sources.filter(({ path }) => basename(path).startsWith(pattern))
    const union = LOG_TYPES.map(
      (logType) => `SELECT source_id, line_offset, timestamp FROM ${TABLES[logType].table}`,
    )
    const { rows } = await client.query<{ source_id: number }>(
      `SELECT t.source_id FROM (${union.join(' UNION ALL ')}) t
         JOIN unnest($1::bigint[], $2::timestamptz[]) AS probe(line_offset, timestamp)
           ON t.line_offset = probe.line_offset AND t.timestamp = probe.timestamp
        WHERE t.source_id = ANY($3)
        GROUP BY 1 HAVING count(*) * 2 > $4`,
      [
        records.map(({ offset }) => offset),
        records.map(({ expected }) => (isDeadLetter(expected) ? null : expected.values.timestamp)),
        named.map((source) => source.source_id),
        records.length,
      ],
    )
    found.set(
      place,
      rows.map((row) => row.source_id),
    )
  }
  return found
}

function collectProbes(oracle: Oracle): Map<string, GeneratedRecord[]> {
  const probes = new Map<string, GeneratedRecord[]>()
  for (const record of generateRecords(oracle.options)) {
    if (isDeadLetter(record.expected)) continue
    const ofSegment = probes.get(placeOf(record)) ?? []
    if (ofSegment.length >= PROBES_PER_SEGMENT) continue
    ofSegment.push(record)
    probes.set(placeOf(record), ofSegment)
  }
  return probes
}
