import { join } from 'node:path'
import { WHOLE_CATALOGUE } from '../../../src/log-types/declaration/catalogue.js'
import type { LogTypeRegistry } from '../../../src/log-types/log-type.js'
import { loadLogTypesFrom } from '../../../src/log-types/registry.js'
import { cutChunk } from '../../../src/reader/chunk-cutter.js'
import type { Content } from '../../../src/reader/content.js'
import { CutScratch } from '../../../src/reader/cut-scratch.js'
import { findPackageRoot } from '../../../src/settings/package-root.js'
import { generateRecords } from '../../generate/generate-records.js'
import { ingestLogs } from '../contest/run-sluice.js'
import type { BenchEnvironment, FreshServers, GeneratedLogs } from '../environment.js'
import { readEndedChildrenSeconds } from '../process-cpu.js'
import { medianOf, type Spread, spreadOf } from '../statistics.js'

/** One thing, without the catalogue and with all of it active, measured in turn. */
export interface CatalogueComparison {
  readonly without: Spread
  readonly withAll: Spread
  /** Median over the rounds of withAll / without of the same round: 1 is no loss. */
  readonly ratio: number
}

/** What the types of the catalogue cost lines that are not of one of them. */
export interface CatalogueCostReport {
  readonly catalogueTypes: number
  readonly lines: number
  /** Lines a processor second: which type is it, in memory. */
  readonly classify: CatalogueComparison
  /** The same: split, classified, put into batches, hashed, in memory: what the reader does on its core. */
  readonly read: CatalogueComparison
  /** Lines a second of `sluice ingest`. */
  readonly ingest: CatalogueComparison
  /** Lines a processor second of all its processes, without the servers; undefined without /proc. */
  readonly ingestProcessor: CatalogueComparison | undefined
  /** Every line of every run became a row. */
  readonly right: boolean
}

const MEMORY_LINES = 65_536
const MAX_WARM_UP_ROUNDS = 10
const MAX_LINE_BYTES = 65_536

/** Rounds of ingest and in memory, each of them without the catalogue and with it; the one that begins changes. */
export async function measureCatalogueCost(
  environment: BenchEnvironment,
  logs: GeneratedLogs,
  rounds: number,
  memoryRounds: number,
): Promise<CatalogueCostReport> {
  const directory = join(findPackageRoot(), 'config', 'log-types')
  const few = await loadLogTypesFrom({ directory })
  const all = await loadLogTypesFrom({ directory, catalogue: [WHOLE_CATALOGUE] })
  const { bytes, starts, ends } = generatedLines()
  const warmUpRounds = Math.min(memoryRounds, MAX_WARM_UP_ROUNDS)
  const classify = await compare(memoryRounds, warmUpRounds, async (withAll) =>
    rateOfClassifying((withAll ? all : few).registry, bytes, starts, ends),
  )
  const scratch = new CutScratch(MAX_LINE_BYTES)
  const read = await compare(memoryRounds, warmUpRounds, (withAll) =>
    rateOfReading((withAll ? all : few).registry, bytes, scratch),
  )
  const runs: IngestRun[] = []
  const ingest = await compare(rounds, 0, async (withAll) => {
    environment.log(`ingest ${withAll ? 'with all of the catalogue' : 'without the catalogue'}`)
    const run = await runIngest(environment, logs, withAll)
    runs.push(run)
    return run.lines / run.seconds
  })
  return {
    catalogueTypes: all.registry.types.length - few.registry.types.length,
    lines: runs[0]?.lines ?? 0,
    classify,
    read,
    ingest,
    ingestProcessor: processorComparison(runs),
    right: runs.every((run) => run.right),
  }
}

interface IngestRun {
  readonly withAll: boolean
  readonly lines: number
  readonly seconds: number
  /** Of all its processes, start and proof included; null without /proc. */
  readonly processorSeconds: number | null
  readonly right: boolean
}

async function runIngest(
  environment: BenchEnvironment,
  logs: GeneratedLogs,
  withAll: boolean,
): Promise<IngestRun> {
  return environment.withFreshServers(async (servers) => {
    const before = await readEndedChildrenSeconds()
    const { lines, indexed, balanced, seconds } = await ingestLogs(
      withCatalogue(servers, withAll),
      logs,
      environment,
    )
    const after = await readEndedChildrenSeconds()
    const processorSeconds = before === null || after === null ? null : after - before
    return { withAll, lines, seconds, processorSeconds, right: balanced && indexed === lines }
  })
}

function processorComparison(runs: readonly IngestRun[]): CatalogueComparison | undefined {
  if (runs.some(({ processorSeconds }) => processorSeconds === null)) return undefined
  const rates = (withAll: boolean) =>
    runs
      .filter((run) => run.withAll === withAll)
      .map(({ lines, processorSeconds }) => lines / (processorSeconds ?? Number.NaN))
  return comparisonOf(rates(false), rates(true))
}

/** What `measure` gives in each round without and with; rates. */
async function compare(
  rounds: number,
  warmUpRounds: number,
  measure: (withAll: boolean) => Promise<number>,
): Promise<CatalogueComparison> {
  const without: number[] = []
  const withAll: number[] = []
  for (let round = -warmUpRounds; round < rounds; round++) {
    const withFirst = round % 2 !== 0
    const first = await measure(withFirst)
    const second = await measure(!withFirst)
    if (round < 0) continue
    without.push(withFirst ? second : first)
    withAll.push(withFirst ? first : second)
  }
  return comparisonOf(without, withAll)
}

/** Of the rates of each round. */
function comparisonOf(without: readonly number[], withAll: readonly number[]): CatalogueComparison {
  return {
    without: spreadOf(without),
    withAll: spreadOf(withAll),
    ratio: medianOf(withAll.map((rate, round) => rate / without[round]!)),
  }
}

function withCatalogue(servers: FreshServers, withAll: boolean): FreshServers {
  const env = { ...servers.env, SLUICE_LOG_TYPES_CATALOGUE: withAll ? WHOLE_CATALOGUE : '' }
  return { ...servers, env }
}

function generatedLines() {
  const pieces: Buffer[] = []
  const starts: number[] = []
  const ends: number[] = []
  let at = 0
  for (const { line, terminator } of generateRecords({ lines: MEMORY_LINES })) {
    pieces.push(line, Buffer.from(terminator))
    starts.push(at)
    ends.push(at + line.length)
    at += line.length + terminator.length
  }
  return { bytes: Buffer.concat(pieces), starts, ends }
}

function rateOfClassifying(
  registry: LogTypeRegistry,
  bytes: Buffer,
  starts: readonly number[],
  ends: readonly number[],
): number {
  const started = process.cpuUsage()
  let claimed = 0
  for (let i = 0; i < starts.length; i++) if (registry.classify(bytes, starts[i]!, ends[i]!) >= 0) claimed++
  const seconds = processorSeconds(started)
  if (claimed < starts.length) throw new Error(`${starts.length - claimed} generated lines are of no type`)
  return starts.length / seconds
}

async function rateOfReading(registry: LogTypeRegistry, bytes: Buffer, scratch: CutScratch): Promise<number> {
  const content: Content = {
    compressed: false,
    damage: undefined,
    read: async (buffer, at, until, offset) => bytes.copy(buffer, at, offset, offset + until - at),
    close: async () => undefined,
  }
  const limits = { lines: MEMORY_LINES, bytes: bytes.length, maxLineBytes: MAX_LINE_BYTES }
  const request = { start: 0, startsOnLine: true, takePartial: true }
  const started = process.cpuUsage()
  const chunk = await cutChunk(content, request, limits, registry, scratch)
  const seconds = processorSeconds(started)
  if (chunk?.lines !== MEMORY_LINES) throw new Error('expected all generated lines in one chunk')
  return chunk.lines / seconds
}

/** What others do on this machine does not count. */
function processorSeconds(started: NodeJS.CpuUsage): number {
  const { user, system } = process.cpuUsage(started)
  return (user + system) / 1e6
}
