import { ok } from 'node:assert/strict'
import { pollUntil } from '../../../test/poll-until.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'
import type { Trial } from '../../trial.js'
import { type Damage, damagesOfRawEntries, damagesOfRowsEntries, type Fields } from './damaged-entries.js'

export const damagedEntriesInStreams: Scenario = {
  name: 'data-damaged-entries',
  faults: [40, 41],
  compose: true,
  title:
    'Entries in the streams are damaged: flipped bits, cut blocks, sizes that lie, a block that decompresses to 200 MiB.',
  observe:
    '`sluice_entries_set_aside_total` rises and the log of parser and indexer says which entry and why. `sluice status` counts the entries under "unopenable", and `XRANGE sluice:{firewall}:dead - +` shows each with its reason. Then `sluice_reader_batches_republished_total` rises.',
  discuss:
    'The damaged entry was the only copy of these lines in Redis. Why may it be dropped from the stream before anybody has looked at it?',
  recovery:
    'An entry is verified before it is used: layout, checksum and size before decompressing, the hash of the batch after it. One that fails says nothing about its lines, so it is moved to the dead stream as evidence; the reader finds that its batch is in no stream and not in the ledger, and publishes it again from the file.',
  quick: true,
  async run(trial) {
    const writing = trial.keepWriting({ lines: 15_000 })
    await trial.startRoles({ reader: 1 })
    await damageOldest(trial, 'raw', damagesOfRawEntries)
    const parser = await trial.startRole('parser')
    await damageOldest(trial, 'rows', damagesOfRowsEntries)
    const indexer = await trial.startRole('indexer')
    const oracle = await writing
    return {
      oracle,
      async check() {
        const damages = [...damagesOfRawEntries, ...damagesOfRowsEntries]
        const dead = await trial.redis.xrange(trial.key('firewall', 'dead'), '-', '+')
        const reasons = dead.map(([, [, reason = '']]) => reason)
        const shown = `${damages.length} damaged, set aside: ${reasons.join('; ')}`
        ok(reasons.length === damages.length, shown)
        for (const { reason } of damages)
          ok(
            reasons.some((one) => reason.test(one)),
            shown,
          )
        for (const one of [parser, indexer]) {
          const counted = await readMetric(one, 'sluice_entries_set_aside_total')
          ok(counted > 0, `${one.what} has counted ${counted} entries`)
        }
        const [published] = await trial.query<{ again: number }>(
          'SELECT sum(publishings_again)::int AS again FROM sluice.chunks',
        )
        ok((published?.again ?? 0) >= damages.length, `published again: ${published?.again}`)
      },
    }
  },
}

/** Puts a damaged entry in the place of each of the oldest ones, before anybody has taken them. */
async function damageOldest(trial: Trial, stream: 'raw' | 'rows', damages: readonly Damage[]): Promise<void> {
  const { redis } = trial
  const key = trial.key('firewall', stream)
  await pollUntil(`there are entries in ${key}`, async () => (await redis.xlen(key)) >= damages.length, {
    timeoutMs: 30_000,
  })
  const entries = await redis.xrangeBuffer(key, '-', '+', 'COUNT', damages.length)
  for (const [index, [id, values]] of entries.entries()) {
    const fields: Fields = new Map()
    for (let i = 0; i < values.length; i += 2) fields.set(values[i]!.toString(), values[i + 1]!)
    const { hash } = JSON.parse(fields.get('meta')!.toString()) as { hash: string }
    damages[index]!.damage(fields)
    const damaged = await redis.xadd(key, '*', ...[...fields].flat())
    await redis.xdel(key, id)
    // As the entry that the batch is in: the reader must not take it for lost before it is found out.
    await redis.hset(trial.key('firewall', 'batches'), hash, `${stream} ${damaged}`)
  }
  trial.tell(`damaged ${damages.length} entries in ${key}`)
}
