import { join } from 'node:path'
import { WHOLE_CATALOGUE } from '../../../src/log-types/declaration/catalogue.js'
import type { LogType } from '../../../src/log-types/log-type.js'
import { loadLogTypesFrom } from '../../../src/log-types/registry.js'
import { loadAllSamples } from '../../../src/log-types/samples/load-samples.js'
import { ParseBuffers, parseBatch } from '../../../src/parser/parse-batch.js'
import { findPackageRoot } from '../../../src/settings/package-root.js'
import { BatchBodyBuilder } from '../../../src/streams/batch-body.js'
import type { BatchMeta } from '../../../src/streams/envelope.js'
import { generateRecords } from '../../generate/generate-records.js'
import { type LogType as GeneratedType, LOG_TYPES } from '../../generate/record.js'
import { medianOf } from '../statistics.js'

/** From the lines of a batch to the bytes that COPY takes, on one core and without any I/O. */
export interface ParseSpeed {
  readonly logType: string
  /** Generated lines, or the samples that become rows, over and over. */
  readonly lines: 'generated' | 'samples'
  /** Mean, without the newline. */
  readonly bytesPerLine: number
  readonly linesPerSecond: number
}

export type ParseSpeedReport = readonly ParseSpeed[]

interface Batch {
  readonly body: Buffer
  readonly meta: BatchMeta
  readonly bytes: number
}

const BATCH_LINES = 8192
const GENERATED_BATCHES = 4
const MAX_WARM_UP_ROUNDS = 20

/**
 * Every type that is shipped, the generated ones first, each alone in its time but all in one process, as in a parser.
 * It calls Sluice's code instead of its commands: no command does this one thing alone.
 */
export async function measureParseSpeed(rounds: number): Promise<ParseSpeedReport> {
  const directory = join(findPackageRoot(), 'config', 'log-types')
  const loaded = await loadLogTypesFrom({ directory, catalogue: [WHOLE_CATALOGUE] })
  const samples = await loadAllSamples(loaded)
  const speeds: ParseSpeed[] = []
  for (const logType of LOG_TYPES) {
    const type = loaded.registry.byName(logType)
    if (type === undefined) throw new Error(`config/log-types declares no ${logType}`)
    speeds.push(measureType(type, 'generated', generatedBatches(logType), rounds))
  }
  const isGenerated = (name: string) => LOG_TYPES.some((logType) => logType === name)
  for (const type of loaded.registry.types.filter(({ name }) => !isGenerated(name))) {
    const rows = samples
      .find(({ logType }) => logType === type.name)
      ?.samples?.filter(({ expectation }) => expectation.kind === 'row')
    if (rows === undefined || rows.length === 0) throw new Error(`there are no samples of ${type.name}`)
    const lines = rows.map(({ line }) => line)
    speeds.push(measureType(type, 'samples', [makeBatch(type.name, repeated(lines))], rounds))
  }
  return speeds
}

function measureType(
  type: LogType,
  lines: ParseSpeed['lines'],
  batches: readonly Batch[],
  rounds: number,
): ParseSpeed {
  const buffers = new ParseBuffers()
  const parseAll = () => {
    for (const { body, meta } of batches) {
      const { deadCount } = parseBatch(body, meta, type, buffers)
      if (deadCount > 0) throw new Error(`${type.name} refuses ${deadCount} of its lines`)
    }
  }
  for (let round = 0; round < Math.min(rounds, MAX_WARM_UP_ROUNDS); round++) parseAll()
  const seconds: number[] = []
  for (let round = 0; round < rounds; round++) {
    const startedMs = performance.now()
    parseAll()
    seconds.push((performance.now() - startedMs) / 1000)
  }
  const count = batches.length * BATCH_LINES
  return {
    logType: type.name,
    lines,
    bytesPerLine: batches.reduce((sum, { bytes }) => sum + bytes, 0) / count,
    linesPerSecond: Math.round(count / medianOf(seconds)),
  }
}

function generatedBatches(logType: GeneratedType): Batch[] {
  const shares = { firewall: 0, dns: 0, auth: 0, [logType]: 1 }
  const lines = Array.from(
    generateRecords({ lines: GENERATED_BATCHES * BATCH_LINES, shares }),
    ({ line }) => line,
  )
  return Array.from({ length: GENERATED_BATCHES }, (_, index) =>
    makeBatch(logType, lines.slice(index * BATCH_LINES, (index + 1) * BATCH_LINES)),
  )
}

function repeated(lines: readonly Buffer[]): Buffer[] {
  return Array.from({ length: BATCH_LINES }, (_, index) => lines[index % lines.length]!)
}

function makeBatch(logType: string, lines: readonly Buffer[]): Batch {
  const builder = new BatchBodyBuilder()
  let offset = 0
  for (const line of lines) {
    builder.add(line, 0, line.length, offset, line.length)
    offset += line.length + 1
  }
  const body = builder.finish()
  // What parsing looks at; the rest is for the way there.
  const meta = { logType, hash: '00'.repeat(32), sourceId: 1, start: 0, lines: lines.length } as BatchMeta
  return { body, meta, bytes: offset - lines.length }
}
