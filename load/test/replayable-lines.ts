import { migrateSchema } from '../../src/app/schema.js'
import type { DeadLetterSelection } from '../../src/dead-letters/selection.js'
import { loadLogTypes } from '../../src/log-types/registry.js'
import type { ReplayRequest } from '../../src/recovery/replay.js'
import { copyDeclarations, declareProxy } from './declarations.js'
import { commitText, lines, newSource, recordText, type TestLedger, textOf } from './recorded-text.js'

/** A line that no built-in type claims; withProxy declares its type. */
export const proxyLine = (n: number, url = `/page/${n}`): string =>
  `2024-03-01T00:00:${String(n % 60).padStart(2, '0')}.000Z proxy 10.0.0.1 ${url}`

/** A dns line that is refused, then and today: bad_address. */
export const badDns = lines.dns(7).replace('10.0.0.1', '10.0.0.999')

/** Commits these lines as all of a new source. */
export async function commitLines(ledger: TestLedger, ...all: readonly string[]): Promise<void> {
  const text = await recordText(ledger, textOf(...all), await newSource(ledger))
  for (const logType of Object.keys(text.chunk.batches)) await commitText(ledger, text, logType)
}

/** The same ledger under today's declarations: those of before, and version 3 of the proxies, with `more` to it. */
export async function withProxy(ledger: TestLedger, more?: string): Promise<TestLedger> {
  const directory = await copyDeclarations()
  await declareProxy(directory, more, 3)
  const registry = await loadLogTypes(directory)
  await migrateSchema(ledger.pool, registry.types)
  return { ...ledger, registry }
}

/** Replays all lines of the selection; serves for dropping them as well. */
export function requestFor({ pool, registry }: TestLedger, selection: DeadLetterSelection) {
  return {
    pool,
    registry,
    partitions: { partitionsFrom: '2000-01-01', partitionsDaysAhead: 7, maxPartitions: 1000 },
    asked: { selection },
    lines: selection,
    entries: undefined,
    dryRun: false,
    samplesOfEach: 0,
    onProgress: () => {},
    stop: new AbortController().signal,
  } satisfies ReplayRequest
}
