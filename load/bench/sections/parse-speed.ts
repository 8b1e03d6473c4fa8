import { join } from 'node:path'
import { loadLogTypes } from '../../../src/log-types/registry.js'
import { ParseBuffers, parseBatch } from '../../../src/parser/parse-batch.js'
import { findPackageRoot } from '../../../src/settings/package-root.js'
import { BatchBodyBuilder } from '../../../src/streams/batch-body.js'
import type { BatchMeta } from '../../../src/streams/envelope.js'
import { generateRecords } from '../../generate/generate-records.js'
import { LOG_TYPES, type LogType } from '../../generate/record.js'
import { medianOf } from '../statistics.js'

/** Lines a second from the lines of a batch to the bytes that COPY takes, on one core and without any I/O. */
export type ParseSpeedReport = Readonly<Record<LogType, number>>

const BATCH_LINES = 8192
const BATCHES = 4
const WARM_UP_ROUNDS = 20
const ROUNDS = 15

/** The only measurement that calls Sluice's code instead of its commands: no command does this one thing alone. */
export async function measureParseSpeed(): Promise<ParseSpeedReport> {
  const registry = await loadLogTypes(join(findPackageRoot(), 'config', 'log-types'))
  const speeds: Partial<Record<LogType, number>> = {}
  for (const logType of LOG_TYPES) {
    const type = registry.byName(logType)
    if (type === undefined) throw new Error(`config/log-types declares no ${logType}`)
    const batches = makeBatches(logType)
    const buffers = new ParseBuffers()
    const parseAll = () => {
      for (const { body, meta } of batches) parseBatch(body, meta, type, buffers)
    }
    for (let round = 0; round < WARM_UP_ROUNDS; round++) parseAll()
    const seconds: number[] = []
    for (let round = 0; round < ROUNDS; round++) {
      const startedMs = performance.now()
      parseAll()
      seconds.push((performance.now() - startedMs) / 1000)
    }
    speeds[logType] = Math.round((BATCHES * BATCH_LINES) / medianOf(seconds))
  }
  return speeds as ParseSpeedReport
}

function makeBatches(logType: LogType) {
  const shares = { firewall: 0, dns: 0, auth: 0, [logType]: 1 }
  const builders = Array.from({ length: BATCHES }, () => new BatchBodyBuilder())
  let index = 0
  for (const { line, offset } of generateRecords({ lines: BATCHES * BATCH_LINES, shares })) {
    const builder = builders[Math.floor(index++ / BATCH_LINES)]!
    builder.add(line, 0, line.length, offset, line.length)
  }
  return builders.map((builder) => {
    const body = builder.finish()
    // What parsing looks at; the rest is for the way there.
    const meta = { logType, hash: '00'.repeat(32), sourceId: 1, start: 0, lines: BATCH_LINES } as BatchMeta
    return { body, meta }
  })
}
