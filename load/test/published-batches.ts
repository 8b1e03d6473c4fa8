import { compressBlock } from '../../src/streams/compression.js'
import { createGroup } from '../../src/streams/consumer-group.js'
import { encodeMeta } from '../../src/streams/envelope.js'
import { indexersGroup, parsersGroup, type TypeKeys, typeKeys } from '../../src/streams/keys.js'
import { packRows } from '../../src/streams/rows-entry.js'
import type { ScriptedRedis } from '../../src/streams/scripts/index.js'
import { createLogger, type Logger } from '../../src/telemetry/logger.js'
import type { Metrics } from '../../src/telemetry/metrics.js'
import { createTelemetry } from '../../src/telemetry/telemetry.js'
import { batchMeta, type CutText, parsedBatch, type TestLedger } from './recorded-text.js'

/** Publishes a text's batch of one type as the reader does; `changes` spoil its meta, `spoil` its body. */
export async function publishBatch(
  redis: ScriptedRedis,
  prefix: string,
  text: CutText,
  logType: string,
  changes: object = {},
  spoil: (body: Buffer) => Buffer = (body) => body,
): Promise<TypeKeys> {
  const keys = typeKeys(prefix, logType)
  const meta = { ...batchMeta(text, logType), ...changes }
  const body = spoil(compressBlock(text.cut.bodies.get(logType)!.body))
  await redis.sluicePublish(
    ...[keys.raw, keys.rows, keys.batches, keys.bytes],
    ...[meta.hash, encodeMeta(meta), body],
  )
  return keys
}

/** Publishes a text's batch of one type and hands it over as the parser does; `changes` spoil its meta. */
export async function publishRows(
  ledger: TestLedger,
  redis: ScriptedRedis,
  prefix: string,
  text: CutText,
  logType: string,
  changes: object = {},
): Promise<TypeKeys> {
  const keys = await publishBatch(redis, prefix, text, logType)
  await createGroup(redis, keys.raw, parsersGroup)
  await createGroup(redis, keys.rows, indexersGroup)
  const reply = (await redis.xreadgroup(
    ...(['GROUP', parsersGroup, 'parser-of-the-test'] as const),
    ...(['COUNT', 1, 'STREAMS', keys.raw, '>'] as const),
  )) as Array<[string, Array<[string, string[]]>]>
  const [id] = reply[0]![1][0]!
  const { meta, rows, dead } = parsedBatch(ledger, text, logType)
  const body = compressBlock(text.cut.bodies.get(logType)!.body)
  const packed = packRows(rows, dead)
  await redis.sluiceHandOff(
    ...[keys.raw, keys.rows, keys.batches, keys.bytes, parsersGroup, id, 0, meta.hash],
    encodeMeta({ ...meta, ...packed.checks, ...changes }),
    ...[packed.rows, packed.dead, body],
  )
  return keys
}

/** What the telemetry of a stage is made of; the log lines are kept. */
export function testTelemetry({ registry }: TestLedger): { metrics: Metrics; logger: Logger; log: string[] } {
  const log: string[] = []
  const logTypes = registry.types.map(({ name }) => name)
  const { metrics } = createTelemetry({ logTypes, version: 'test', processMetrics: false })
  return { metrics, logger: createLogger('debug', { write: (line) => log.push(line) }), log }
}
