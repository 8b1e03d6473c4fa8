import { beforeEach, describe, expect, it } from 'vitest'
import { type CommittedFiles, committedFiles } from '../../load/test/committed-files.js'
import { declareProxy } from '../../load/test/declarations.js'
import { commitText, lines, parsedBatch } from '../../load/test/recorded-text.js'
import { migrateSchema } from '../app/schema.js'
import { commitBatches } from '../indexer/commit.js'
import { loadLogTypes } from '../log-types/registry.js'

const proxyLine = '2024-01-15T00:00:07.000Z proxy 10.0.0.1 /page'

let files: CommittedFiles
beforeEach(async () => {
  files = await committedFiles()
})

describe('a chunk whose lines belong to other types today', () => {
  beforeEach(async () => {
    await declareProxy(files.declarations)
    await migrateSchema(files.ledger.pool, (await loadLogTypes(files.declarations)).types)
    await files.redeclare('firewall', { '{token}|{key}=': '{token}|{key}=accept' })
  })

  it('is swapped whole, with its description in the ledger', async () => {
    const denied = lines.firewall(5).replace('accept', 'deny')
    const recorded = await files.commit(lines.firewall(1), proxyLine, denied, lines.dns(2), 'nobody', 'noise')
    await files.ledger.pool.query(
      `UPDATE sluice.dead_letters SET dropped_at = now(), dropped_because = 'x' WHERE raw = 'noise'`,
    )
    expect(await files.run()).toMatchObject({ swapped: 1, sortedAnew: 1, rows: 3, deadLetters: 3 })
    expect(await files.select('SELECT url FROM proxy_logs')).toEqual([{ url: '/page' }])
    expect(await files.select('SELECT count(*)::int FROM firewall_logs')).toEqual([{ count: 1 }])
    expect(
      await files.select(
        "SELECT convert_from(raw, 'UTF8') AS raw, reason, dropped_because FROM sluice.dead_letters ORDER BY line_offset",
      ),
    ).toEqual([
      { raw: denied, reason: 'no_type', dropped_because: null },
      { raw: 'nobody', reason: 'no_type', dropped_because: null },
      { raw: 'noise', reason: 'no_type', dropped_because: 'x' },
    ])
    // Every dead letter belongs to a batch that the ledger has, and so does every batch of the chunk.
    expect(
      await files.select(`SELECT FROM sluice.dead_letters d WHERE NOT EXISTS (
        SELECT FROM sluice.batches b JOIN sluice.chunks c USING (chunk_id)
         WHERE b.batch_hash = d.batch_hash AND c.batches -> b.log_type ->> 'hash' = encode(b.batch_hash, 'hex'))`),
    ).toEqual([])
    await files.expectBalanced({ indexed: 3, deadLettered: 3 })

    // What was on its way before comes too late, and is dropped.
    const late = parsedBatch(files.ledger, recorded, 'firewall')
    const { outcomes } = await commitBatches(files.ledger.pool, files.ledger.registry.byName('firewall'), [
      late,
    ])
    expect([...outcomes.values()]).toEqual(['stale'])
    await files.expectBalanced({ indexed: 3, deadLettered: 3 })
  })

  it('waits until all of it is committed', async () => {
    const recorded = await files.record(
      lines.firewall(1),
      lines.firewall(5).replace('accept', 'deny'),
      lines.dns(2),
    )
    await commitText(files.ledger, recorded, 'firewall')
    expect(await files.run({ dryRun: true })).toMatchObject({ swapped: 0, inFlight: 1 })
    expect(await files.run()).toMatchObject({ swapped: 0, inFlight: 1 })
    await commitText(files.ledger, recorded, 'dns')
    expect(await files.run()).toMatchObject({ swapped: 1, sortedAnew: 1, inFlight: 0 })
    await files.expectBalanced({ indexed: 2, deadLettered: 1 })
  })
})
