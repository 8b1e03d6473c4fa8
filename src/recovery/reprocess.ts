import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import { Partitions } from '../indexer/partitions.js'
import {
  type BatchSelection,
  type CommittedBatch,
  countBatchesWithoutTime,
  countCommittedBatches,
  selectCommittedBatch,
  selectCommittedBatches,
} from '../ledger/committed-chunks.js'
import { noteOutcome, resumeOrBeginOperation } from '../ledger/operations.js'
import { throughShortOutages } from '../lifecycle/short-outages.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { ParseBuffers } from '../parser/parse-batch.js'
import { cutAgain } from '../reader/cut-again.js'
import { CutScratch } from '../reader/cut-scratch.js'
import type { Settings } from '../settings/declaration.js'
import type { Logger } from '../telemetry/logger.js'
import { compareBatches } from './compare-batches.js'
import { ChangeReport } from './line-changes.js'
import { parseAgain, type SortedAgain, sortAgain } from './parse-again.js'
import { Refusals } from './refusals.js'
import type { ReprocessProgress, ReprocessResult } from './reprocess-result.js'
import { SourceFiles } from './source-files.js'
import { type Swap, type SwapOutcome, swapBatches } from './swap-batches.js'
import { TimeIndexes } from './time-indexes.js'
import { withoutRefusedRows } from './without-refused-rows.js'

export interface ReprocessOptions {
  readonly pool: pg.Pool
  readonly registry: LogTypeRegistry
  readonly settings: Settings
  readonly selection: BatchSelection
  /** Files, directories and patterns where sources that moved are looked for as well. */
  readonly search: readonly string[]
  readonly dryRun: boolean
  readonly logger: Logger
  readonly stop: AbortSignal
  readonly onProgress: (progress: ReprocessProgress) => void
}

/** Batches asked for at a time. */
const pageBatches = 200
/** A batch whose rows are not all there stays as it is, and does not keep the others from being swapped. */
const refusedCodes: ReadonlySet<string> = new Set(['SLUICE_UNBALANCED', 'SLUICE_ROWS_EXPIRED'])
/** Tries with a chunk that others change at the same time. */
const maxTries = 5

/**
 * Parses what is committed again, from the files, and swaps it batch by batch. What could not be read stays as it is
 * and is reported. Safe to interrupt, to repeat, and to run twice at once.
 * @throws SluiceError SLUICE_INTERRUPTED, SLUICE_POSTGRES_UNREACHABLE, SLUICE_PATH_NOT_FOUND
 */
export async function reprocess(options: ReprocessOptions): Promise<ReprocessResult> {
  const files = await SourceFiles.create(options.pool, options.search, options.stop)
  const client = options.dryRun ? await options.pool.connect() : undefined
  try {
    return await new Reprocessing(options, files, client).run()
  } finally {
    await files.close()
    // Its temporary tables are for this run.
    client?.release(true)
  }
}

type BatchOutcome = SwapOutcome['kind'] | 'refused'

class Reprocessing {
  private readonly began = performance.now()
  private readonly partitions: Partitions
  private readonly timeIndexes: TimeIndexes
  private readonly scratch: CutScratch
  private readonly buffers = new ParseBuffers()
  private readonly refusals = new Refusals()
  private readonly report = new ChangeReport()
  private readonly totals = {
    swapped: 0,
    sortedAnew: 0,
    lines: 0,
    rows: 0,
    deadLetters: 0,
    alreadyDone: 0,
    inFlight: 0,
  }
  /** Before every swap: nothing is done yet. */
  private since = 'infinity'

  constructor(
    private readonly options: ReprocessOptions,
    private readonly files: SourceFiles,
    /** Of a dry run. */
    private readonly client: pg.PoolClient | undefined,
  ) {
    this.partitions = new Partitions(options.pool, options.settings.indexer)
    this.timeIndexes = new TimeIndexes(options.pool, options.logger)
    this.scratch = new CutScratch(options.settings.reader.maxLineBytes)
  }

  async run(): Promise<ReprocessResult> {
    const { pool, registry, selection, dryRun, stop } = this.options
    const parsers = Object.fromEntries(registry.types.map(({ name, version }) => [name, version]))
    const operation = dryRun
      ? undefined
      : await resumeOrBeginOperation(pool, 'reprocess', { ...selection, parsers })
    if (operation !== undefined) this.since = operation.beganAt
    const { batches: totalBatches } = await countCommittedBatches(pool, selection)
    let batches = 0
    for await (const batch of this.selected()) {
      if (stop.aborted) break
      this.options.onProgress({ batches, totalBatches, lines: this.totals.lines, seconds: this.seconds })
      this.count(await this.take(batch))
      batches++
    }
    const isComplete = !stop.aborted && this.totals.inFlight + this.refusals.batches === 0
    const outcome = { ...this.totals, refused: this.refusals.batches }
    if (operation !== undefined) {
      await throughShortOutages(() => noteOutcome(pool, operation.id, outcome, isComplete), stop)
    }
    if (stop.aborted) {
      throw new SluiceError('SLUICE_INTERRUPTED', `interrupted after ${batches} of ${totalBatches} batches`, {
        hint: dryRun
          ? 'Nothing was changed.'
          : 'Run the same command again: it goes on. Every batch is as it was or as it is to be.',
      })
    }
    return {
      batches,
      ...outcome,
      refusals: this.refusals.list,
      withoutTime: await countBatchesWithoutTime(pool, selection),
      resumed: operation?.isResumed ?? false,
      seconds: this.seconds,
      ...(dryRun ? { changes: this.report } : {}),
    }
  }

  private get seconds(): number {
    return (performance.now() - this.began) / 1000
  }

  private count(outcome: BatchOutcome): void {
    if (outcome === 'done') this.totals.alreadyDone++
    else if (outcome === 'in flight' || outcome === 'changed') this.totals.inFlight++
  }

  private async *selected(): AsyncGenerator<CommittedBatch> {
    const { pool, selection, stop } = this.options
    let after = { sourceId: 0, start: 0 }
    for (;;) {
      const page = await throughShortOutages(
        () => selectCommittedBatches(pool, selection, after, this.since, pageBatches),
        stop,
      )
      yield* page
      const last = page.at(-1)
      if (last === undefined) return
      after = last.chunk
    }
  }

  private async take(selected: CommittedBatch): Promise<BatchOutcome> {
    const { registry, selection } = this.options
    const version = registry.byName(selection.logType)?.version ?? 0
    let batch: CommittedBatch | undefined = selected
    for (let tries = 0; tries < maxTries; tries++) {
      if (batch.swappedSince && batch.parserVersion === version) return 'done'
      const outcome = await this.parseAndSwap(batch)
      if (outcome !== 'changed') return outcome
      batch = await this.lookAgain(batch.chunk.id)
      // Somebody else sorted its lines into other types.
      if (batch === undefined) return 'done'
    }
    return 'changed'
  }

  private lookAgain(chunkId: string): Promise<CommittedBatch | undefined> {
    const { pool, selection, stop } = this.options
    return throughShortOutages(() => selectCommittedBatch(pool, chunkId, selection.logType, this.since), stop)
  }

  private async parseAndSwap({ chunk, lines }: CommittedBatch): Promise<BatchOutcome> {
    const { registry, settings, selection } = this.options
    const { chunkLines, chunkBytes, maxLineBytes } = settings.reader
    const limits = { lines: chunkLines, bytes: chunkBytes, maxLineBytes }
    const found = await this.files.find(chunk, async (content) => {
      const cut = await cutAgain(content, chunk, limits, registry, this.scratch)
      return cut === undefined ? undefined : sortAgain(chunk, cut)
    })
    if ('attempts' in found) {
      this.refusals.add(
        chunk,
        found.path,
        lines,
        'no file that was looked at has its content',
        found.attempts,
      )
      return 'refused'
    }
    const sorted = found.value
    const { logType } = selection
    const isSame = sorted.batches[logType]?.hash === chunk.batches[logType]?.hash
    try {
      return await this.swap(sorted, isSame ? [logType] : undefined)
    } catch (error) {
      if (!(error instanceof SluiceError) || !refusedCodes.has(error.code)) throw error
      const path = await this.files.pathOf(chunk.sourceId)
      this.refusals.add(chunk, path, lines, `${error.message}: expected ${error.expected}, got ${error.got}`)
      return 'refused'
    }
  }

  /** Swaps the batches of these types; undefined: of all, the chunk's lines belong to other types than before. */
  private async swap(sorted: SortedAgain, only: readonly string[] | undefined): Promise<BatchOutcome> {
    const { pool, registry, stop } = this.options
    const { chunk, batches } = sorted
    // In the order of their names, as everybody who notes lines of several types (ledger/records.ts).
    const logTypes = only ?? Object.keys(batches).sort()
    const parsed = await parseAgain(sorted, logTypes, registry, this.buffers)
    const newBatches = only === undefined ? batches : undefined
    const outcome = await withoutRefusedRows(pool, registry, parsed, stop, (current) =>
      this.write({ chunk, batches: current, newBatches, since: this.since }),
    )
    if (outcome.kind !== 'swapped') return outcome.kind
    this.totals.swapped++
    if (only === undefined) this.totals.sortedAnew++
    this.totals.lines += outcome.rows + outcome.deadLetters
    this.totals.rows += outcome.rows
    this.totals.deadLetters += outcome.deadLetters
    return outcome.kind
  }

  private async write(swap: Swap): Promise<SwapOutcome> {
    const { pool, registry } = this.options
    if (this.client !== undefined) return compareBatches(this.client, registry, swap, this.report)
    for (const { meta } of swap.batches) {
      const type = registry.byName(meta.logType)
      if (type === undefined) continue
      await this.partitions.ensure(type.table, meta.days)
      await this.timeIndexes.prepare(type.table, meta.days)
    }
    return swapBatches(pool, registry, swap)
  }
}
