import { resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { withPool, withRedis } from '../app/connections.js'
import { loadRegistry } from '../app/load-registry.js'
import { requireSchema } from '../app/schema.js'
import { SluiceError } from '../errors/sluice-error.js'
import { selectPlaceOfDeadLetter, selectSourceAtPath } from '../ledger/trace.js'
import { type LinePlace, type Trace, traceLine } from '../recovery/trace.js'
import { loadSettings } from '../settings/load-settings.js'
import { findBatch } from '../streams/find-batch.js'
import { typeKeys } from '../streams/keys.js'
import { traceIdOf } from '../streams/trace-context.js'
import type { CommandContext } from './command-context.js'
import { printJson } from './output.js'
import { positiveInt4, positiveInteger } from './positive-integer.js'
import { printTrace } from './trace-output.js'

interface Wanted {
  readonly sourceId: number
  readonly place: LinePlace
}

type FindLine = (pool: Parameters<typeof traceLine>[2]['pool']) => Promise<Wanted>

export function traceCommand(context: CommandContext, finish: (code: number) => void): Command {
  const trace = async (find: FindLine, { json }: { json?: boolean }) => {
    const found = await runTrace(context, find)
    if (json) printJson(toJson(found))
    else printTrace(found)
    finish(0)
  }
  const deadLetter = new Command('dead-letter')
    .description('Where a dead letter comes from.')
    .argument('<id>', 'as `sluice dead-letters list` shows it', positiveInteger)
    .option('--json', 'print as one JSON object')
    .action((id: number, options: { json?: boolean }) =>
      trace(async (pool) => {
        const place = await selectPlaceOfDeadLetter(pool, id)
        if (place === undefined) {
          throw new SluiceError('SLUICE_USAGE', `there is no dead letter ${id}`, {
            expected: 'an id that `sluice dead-letters list` shows',
          })
        }
        return { sourceId: place.sourceId, place: { offset: place.offset } }
      }, options),
    )
  const row = new Command('row')
    .description('Where a row comes from: give its columns source_id and line_offset.')
    .argument('<source-id>', 'column source_id', positiveInt4)
    .argument('<line-offset>', 'column line_offset', byteOffset)
    .option('--json', 'print as one JSON object')
    .action((sourceId: number, offset: number, options: { json?: boolean }) =>
      trace(async () => ({ sourceId, place: { offset } }), options),
    )
  const line = new Command('line')
    .description('What became of a line of a file.')
    .argument('<path>', 'where the file is, or was seen last')
    .option('--number <n>', 'number of the line, from 1, as `grep -n` prints it', positiveInteger)
    .option('--offset <n>', 'any byte of the line, from 0, as `grep -b` prints it', byteOffset)
    .option('--json', 'print as one JSON object')
    .action((path: string, options: { number?: number; offset?: number; json?: boolean }) => {
      const place = placeOf(options)
      return trace(async (pool) => {
        const sourceId = await selectSourceAtPath(pool, resolve(path))
        if (sourceId === undefined) throw unknownPath(path)
        return { sourceId, place }
      }, options)
    })
  return new Command('trace')
    .description('Follow one line from its file to its row, dead letter or stream.')
    .addCommand(deadLetter)
    .addCommand(row)
    .addCommand(line)
    .addHelpText(
      'after',
      `
Examples:
  sluice trace dead-letter 42
  sluice trace row 3 1048576
  sluice trace line /var/log/app/app.log --number 1234

For a compressed file, offsets are those of its decompressed content. A row is
looked for between the times of its chunk's events; a line that is nowhere is
looked for in all tables, which takes as long as reading them.`,
    )
}

async function runTrace(context: CommandContext, find: FindLine): Promise<Trace> {
  const settings = loadSettings({ file: context.configFile })
  const registry = await loadRegistry(settings)
  return withPool(
    settings,
    async (pool) => {
      await requireSchema(pool, [])
      const { sourceId, place } = await find(pool)
      const found = await traceLine(sourceId, place, {
        pool,
        registry,
        maxLineBytes: settings.reader.maxLineBytes,
        findBatch: (logType, hash) =>
          withRedis(settings, (redis) => findBatch(redis, typeKeys(settings.redis.keyPrefix, logType), hash)),
      })
      if (found !== undefined) return found
      throw new SluiceError('SLUICE_USAGE', `there is no source ${sourceId}`, {
        expected: 'the source_id of a row or a dead letter',
      })
    },
    'unbounded',
  )
}

function placeOf({ number, offset }: { number?: number; offset?: number }): LinePlace {
  if (number !== undefined && offset === undefined) return { number }
  if (offset !== undefined && number === undefined) return { offset }
  throw new SluiceError('SLUICE_USAGE', 'which line is not clear', {
    expected: 'one of --number and --offset',
  })
}

function unknownPath(path: string): SluiceError {
  return new SluiceError('SLUICE_PATH_NOT_FOUND', `no file was read at ${path}`, {
    expected: 'the path of a file that was read, as `sluice reconcile` shows it',
    hint: 'A file that was not read yet has no trace: `sluice ingest` reads it.',
  })
}

function byteOffset(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) {
    throw new InvalidArgumentError('expected a byte offset, a whole number from 0')
  }
  return value
}

function toJson({ line, ...rest }: Trace): Record<string, unknown> {
  const { chunk } = rest
  return {
    ...rest,
    chunk:
      chunk === undefined
        ? null
        : {
            ...chunk,
            traceId: traceIdOf(chunk.id),
            contentSha256: chunk.contentSha256.toString('hex'),
          },
    line:
      line === undefined || !('raw' in line)
        ? (line ?? null)
        : { ...line, raw: undefined, rawBase64: line.raw.toString('base64') },
    batch: rest.batch ?? null,
    deadLetter: rest.deadLetter ?? null,
  }
}
