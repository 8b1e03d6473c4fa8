import { Command } from 'commander'
import { allTypeKeys, withPool, withRedis } from '../app/connections.js'
import { loadRegistry } from '../app/load-registry.js'
import { requireSchema } from '../app/schema.js'
import { type IndexStatus, type LedgerStatus, readIndexStatus, readLedgerStatus } from '../ledger/status.js'
import { loadSettings } from '../settings/load-settings.js'
import { readBacklog, type TypeBacklog } from '../streams/backlog.js'
import type { CommandContext } from './command-context.js'
import { formatBytes, formatCount, formatSeconds, formatTable, print, printJson } from './output.js'

export function statusCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('status')
    .description('Show where everything stands: sources, streams, consumers, backlog, indexes, dead letters.')
    .option('--json', 'print as one JSON object')
    .addHelpText('after', '\nExamples:\n  sluice status\n  sluice status --json | jq .ledger.linesInFlight')
    .action(async (options: { json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const registry = await loadRegistry(settings)
      const { ledger, indexes } = await withPool(settings, async (pool) => {
        await requireSchema(pool, registry.types)
        const [ledger, unindexed] = await Promise.all([
          readLedgerStatus(pool, settings.reader.maxPublishings),
          readIndexStatus(pool, registry.types),
        ])
        return { ledger, indexes: { unindexed } }
      })
      const streams = await withRedis(settings, (redis) =>
        Promise.all(allTypeKeys(settings, registry).map((keys) => readBacklog(redis, keys))),
      )
      if (options.json) printJson({ ledger, indexes, streams })
      else printStatus(ledger, indexes.unindexed, streams)
      finish(0)
    })
}

function printStatus(
  ledger: LedgerStatus,
  unindexed: readonly IndexStatus[],
  streams: readonly TypeBacklog[],
): void {
  print(`sources        ${formatCount(ledger.sources)}, ${formatBytes(ledger.recordedBytes)} recorded`)
  print(`unread         ${formatBytes(ledger.unreadBytes)}`)
  const oldest =
    ledger.oldestIncompleteSeconds === null
      ? ''
      : `, the oldest for ${formatSeconds(ledger.oldestIncompleteSeconds)}`
  print(
    `in flight      ${formatCount(ledger.linesInFlight)} lines in ${formatCount(ledger.incompleteChunks)} chunks${oldest}`,
  )
  if (ledger.stuckChunks > 0) print(`STUCK          ${formatCount(ledger.stuckChunks)} chunks do not arrive`)
  print(`last commit    ${ledger.lastCommittedAt ?? 'never'}`)
  print(`indexes        ${describeUnindexed(unindexed)}`)
  print('')
  print(
    formatTable(
      ['log type', 'raw', 'pending', 'rows', 'pending', 'bytes', 'unopenable'],
      streams.map((type) => [
        type.logType,
        type.raw.entries,
        type.raw.pending ?? 0,
        type.rows.entries,
        type.rows.pending ?? 0,
        formatBytes(type.bytes),
        type.deadEntries,
      ]),
    ),
  )
  const consumers = new Map<string, { pending: number; idleMs: number }>()
  for (const type of streams) {
    for (const stream of [type.raw, type.rows]) {
      for (const consumer of stream.consumers) {
        const key = `${stream.group} ${consumer.name}`
        const known = consumers.get(key) ?? { pending: 0, idleMs: Number.POSITIVE_INFINITY }
        consumers.set(key, {
          pending: known.pending + consumer.pending,
          idleMs: Math.min(known.idleMs, consumer.idleMs),
        })
      }
    }
  }
  if (consumers.size > 0) {
    print('')
    const rows = [...consumers].map(([key, { pending, idleMs }]) => [
      ...key.split(' ', 2),
      pending,
      formatSeconds(idleMs / 1000),
    ])
    print(formatTable(['group', 'consumer', 'pending', 'idle'], rows))
  }
  if (ledger.deadLetters.length > 0) {
    print('')
    const rows = ledger.deadLetters.map(({ logType, reason, lines }) => [logType, reason, lines])
    print(formatTable(['log type', 'dead letters by reason', 'lines'], rows))
  }
}

function describeUnindexed(unindexed: readonly IndexStatus[]): string {
  const lacking = unindexed.filter(({ partitions }) => partitions > 0)
  if (lacking.length === 0) return 'all built'
  const types = lacking.map(
    ({ logType, partitions, bytes }) => `${logType} ${formatCount(partitions)} (${formatBytes(bytes)})`,
  )
  return `not built yet for partitions of ${types.join(', ')}`
}
