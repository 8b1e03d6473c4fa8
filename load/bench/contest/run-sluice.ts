import type { Client } from 'pg'
import { withClient } from '../../services/postgres-server.js'
import { verify } from '../../verify/verify.js'
import type { BenchEnvironment, FreshServers, GeneratedLogs } from '../environment.js'
import { type ProgramRun, runProgram, type Supervision } from '../run-program.js'
import { checkIndexes, countUsedIndexes, type IndexCheck } from './check-indexes.js'

/** What `sluice ingest --json` prints, as far as it is used here. */
interface IngestSummary {
  readonly balanced: boolean
  readonly lines: number
  readonly indexed: number
  readonly deadLettered: number
  /** From when it can read and write until every row is committed and every declared index is built. */
  readonly seconds: number
}

export interface SluiceIngest extends IngestSummary {
  /** From the start of the process to its end: its start-up and its proof included. */
  readonly wallSeconds: number
  readonly peakMemory: ProgramRun['peakMemory']
}

export interface SluiceResult extends SluiceIngest {
  /** Totals and a sample of values are those that the generator foresaw. */
  readonly verified: boolean
  readonly indexes: IndexCheck
  /** How many declared indexes the analysts' queries used. */
  readonly indexesUsed: { readonly declared: number; readonly used: number }
}

/** `sluice ingest` on the directory, as users run it. */
export async function ingestLogs(
  { env }: FreshServers,
  { directory }: GeneratedLogs,
  supervision: Supervision,
): Promise<SluiceIngest> {
  const run = await runProgram('src/main.js', ['ingest', '--json', directory], env, supervision)
  const { balanced, lines, indexed, deadLettered, seconds } = JSON.parse(run.output) as IngestSummary
  const summary = { balanced, lines, indexed, deadLettered, seconds }
  return { ...summary, wallSeconds: run.seconds, peakMemory: run.peakMemory }
}

/** Whether what `ingestLogs` left is right and complete; runs the analysts' queries once. */
export async function checkResult(
  servers: FreshServers,
  { oracle }: GeneratedLogs,
  verifiedRowsPerType: number,
  environment: BenchEnvironment,
): Promise<Pick<SluiceResult, 'verified' | 'indexes' | 'indexesUsed'>> {
  // Before anything else looks: an index that is made later would not have been in place.
  const indexes = await withClient(servers.databaseUrl, checkIndexes)
  if (!indexes.complete)
    environment.log(`sluice: ${indexes.indexes} of ${indexes.expectedIndexes} indexes are in place`)
  await runProgram('src/main.js', ['queries', '--json'], servers.env, environment)
  return withClient(servers.databaseUrl, async (client: Client) => {
    const indexesUsed = await countUsedIndexes(client)
    const verdict = await verify(client, oracle, verifiedRowsPerType)
    for (const { kind, count, samples } of verdict.mismatches) {
      environment.log(`sluice: ${kind}: ${count}, for example ${JSON.stringify(samples[0])}`)
    }
    return { verified: verdict.ok, indexes, indexesUsed }
  })
}

/** Whether the speed of a result counts: that of a wrong one is none. */
export function isRight({ balanced, verified, indexes }: SluiceResult): boolean {
  return balanced && verified && indexes.complete
}
