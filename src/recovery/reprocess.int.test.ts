import { beforeEach, describe, expect, it } from 'vitest'
import { badPort, type CommittedFiles, committedFiles, wholeDay } from '../../load/test/committed-files.js'
import { lines, textOf } from '../../load/test/recorded-text.js'

const anyPort = { 'src_port, type: integer, min: 0, max: 65535': 'src_port, type: integer, min: 0' }

let files: CommittedFiles
beforeEach(async () => {
  files = await committedFiles()
})

const deadLetters = () =>
  files.select(
    'SELECT log_type, reason, replays, parser_version FROM sluice.dead_letters ORDER BY line_offset',
  )

describe('parsing one type again', () => {
  it('swaps its rows for those of today, and leaves all others alone', async () => {
    await files.commit(lines.firewall(1), lines.dns(2), lines.firewall(3))
    const others = await files.select('SELECT *, ctid FROM dns_logs')
    await files.swapAddresses()
    expect(await files.run()).toMatchObject({
      batches: 1,
      swapped: 1,
      sortedAnew: 0,
      rows: 2,
      deadLetters: 0,
    })
    expect(await files.select('SELECT host(src_ip) AS src, parser_version AS v FROM firewall_logs')).toEqual([
      { src: '10.0.0.2', v: 2 },
      { src: '10.0.0.2', v: 2 },
    ])
    expect(await files.select('SELECT *, ctid FROM dns_logs')).toEqual(others)
    expect(
      await files.select(`SELECT parser_version, reprocessed_at IS NOT NULL AS again, committed_at < reprocessed_at AS later
        FROM sluice.batches WHERE log_type = 'firewall'`),
    ).toEqual([{ parser_version: 2, again: true, later: true }])
    await files.expectBalanced({ indexed: 3, deadLettered: 0 })
  })

  it('turns dead letters into rows and rows into dead letters, and keeps the history of those that stay', async () => {
    await files.commit(
      lines.firewall(1),
      badPort,
      lines.firewall(4, '|src_port=x'),
      lines.firewall(5, '|dst_port=7'),
    )
    await files.ledger.pool.query(`UPDATE sluice.dead_letters SET replays = 3, created_at = '2024-02-01'`)
    await files.redeclare('firewall', {
      ...anyPort,
      'dst_port, type: integer, min: 0': 'dst_port, type: integer, min: 10',
    })
    expect(await files.run()).toMatchObject({ rows: 2, deadLetters: 2 })
    expect(await deadLetters()).toEqual([
      { log_type: 'firewall', reason: 'bad_integer', replays: 3, parser_version: 2 },
      { log_type: 'firewall', reason: 'out_of_range', replays: 0, parser_version: 2 },
    ])
    expect(await files.select('SELECT src_port FROM firewall_logs ORDER BY line_offset')).toEqual([
      { src_port: null },
      { src_port: 99_999 },
    ])
    await files.expectBalanced({ indexed: 2, deadLettered: 2 })
  })

  it('does not parse a dropped dead letter', async () => {
    await files.commit(lines.firewall(1), badPort)
    await files.ledger.pool.query(
      `UPDATE sluice.dead_letters SET dropped_at = now(), dropped_because = 'noise'`,
    )
    await files.redeclare('firewall', anyPort)
    expect(await files.run()).toMatchObject({ rows: 1, deadLetters: 1 })
    expect(await deadLetters()).toMatchObject([{ reason: 'out_of_range', parser_version: 1 }])
    await files.expectBalanced({ indexed: 1, deadLettered: 1 })
  })

  it('leaves rows of other batches alone that lie between its own, and finds its own in other tables', async () => {
    const { chunk } = await files.commit(lines.firewall(1), 'nobody', lines.firewall(3), badPort)
    const offsetOf = (text: string) => textOf(lines.firewall(1), 'nobody', lines.firewall(3)).indexOf(text)
    // As if `nobody` had been replayed into a firewall row, and the bad port into one of DNS.
    for (const [table, from, offset] of [
      ['firewall_logs', 'firewall_logs', offsetOf('nobody')],
      [
        'dns_logs',
        `(SELECT now() - interval '9 years' AS "timestamp", '10.0.0.1'::inet AS client_ip, 'a.example' AS query_domain,
        'A' AS query_type, '10.0.0.2'::inet AS server_ip, 'NOERROR' AS response_code, ${chunk.sourceId} AS source_id,
        1 AS parser_version)`,
        textOf(lines.firewall(1), 'nobody', lines.firewall(3)).length,
      ],
    ] as const) {
      const columns = (await files.ledger.registry.byName(table === 'dns_logs' ? 'dns' : 'firewall')!.columns)
        .map(({ name }) => `"${name}"`)
        .join(', ')
      await files.ledger.pool.query(
        `INSERT INTO ${table} (${columns}, source_id, line_offset, parser_version)
         SELECT ${columns}, source_id, ${offset}, parser_version FROM ${from} f LIMIT 1`,
      )
      await files.ledger.pool.query(
        `WITH gone AS (DELETE FROM sluice.dead_letters WHERE line_offset = $1 RETURNING batch_hash)
         UPDATE sluice.batches b SET rows = rows + 1, dead_letters = dead_letters - 1,
                first_event_at = least(first_event_at, now() - interval '9 years'), last_event_at = greatest(last_event_at, now())
           FROM gone WHERE b.batch_hash = gone.batch_hash`,
        [offset],
      )
    }
    await files.recount()
    await files.expectBalanced({ indexed: 4, deadLettered: 0 })
    await files.swapAddresses()
    expect(await files.run()).toMatchObject({ swapped: 1, sortedAnew: 0, rows: 2, deadLetters: 1 })
    expect(await files.select('SELECT parser_version AS v FROM firewall_logs ORDER BY line_offset')).toEqual([
      { v: 2 },
      { v: 1 },
      { v: 2 },
    ])
    expect(await files.select('SELECT FROM dns_logs')).toEqual([])
    await files.expectBalanced({ indexed: 3, deadLettered: 1 })
  })

  it('finds rows whose times are far from each other, and those whose times were wrong', async () => {
    const at = (time: string) => lines.firewall(1).replace(/^[^|]*/, time)
    await files.commit(
      lines.firewall(1),
      at('1999-01-01T00:00:00.123456Z'),
      at('9999-12-31T23:59:59.999999Z'),
    )
    await files.redeclare('firewall', { 'name: rule, type: text': 'name: rule, type: text, required: true' })
    expect(await files.run()).toMatchObject({ swapped: 1, rows: 0, deadLetters: 3 })
    await files.expectBalanced({ indexed: 0, deadLettered: 3 })
  })

  it('sets aside what PostgreSQL refuses', async () => {
    await files.commit(lines.firewall(1), lines.firewall(2))
    await files.ledger.pool.query(`SELECT sluice.ensure_partition('firewall_logs', '2024-01-15')`)
    await files.ledger.pool.query('ALTER TABLE firewall_logs ADD CHECK (bytes_sent <> 2) NOT VALID')
    expect(await files.run()).toMatchObject({ rows: 1, deadLetters: 1 })
    expect(await deadLetters()).toMatchObject([{ reason: 'refused_by_postgres' }])
    await files.expectBalanced({ indexed: 1, deadLettered: 1 })
  })

  it('sets aside what other sources brought, once the type asks for that', async () => {
    await files.commit(lines.firewall(1), lines.firewall(2))
    await files.commit(lines.firewall(2), lines.firewall(3))
    await files.expectBalanced({ indexed: 4, deadLettered: 0 })
    await files.redeclare('firewall', { 'order: 10': 'dedup: record' })
    for (let time = 0; time < 2; time++) {
      expect(await files.run()).toMatchObject({ swapped: 2, rows: 3, deadLetters: 1 })
      const { rows, deadLetters: dead, changes } = await files.run({ dryRun: true })
      expect({ rows, dead }).toEqual({ rows: 3, dead: 1 })
      expect(changes!.totals).toMatchObject({ same: 3, toRow: 0, stillDead: 1 })
      expect(await deadLetters()).toMatchObject([{ reason: 'duplicate_record' }])
      await files.expectBalanced({ indexed: 3, deadLettered: 1 })
    }
  })

  it('touches nothing where the tables do not hold what the ledger says, and says so', async () => {
    await files.commit(lines.firewall(1), lines.firewall(2))
    await files.ledger.pool.query('DELETE FROM firewall_logs WHERE bytes_sent = 1')
    const result = await files.run()
    expect(result).toMatchObject({ swapped: 0, refused: 1 })
    expect(result.refusals[0]!.reason).toMatch(/expected 2 rows, got 1/)
    expect(await files.select('SELECT bytes_sent FROM firewall_logs')).toEqual([{ bytes_sent: '2' }])
  })

  it('takes only what an older version parsed, when asked', async () => {
    await files.commit(lines.firewall(1))
    await files.redeclare('firewall', {})
    expect(await files.run({ selection: { ...wholeDay, olderThan: 1 } })).toMatchObject({ batches: 0 })
    expect(await files.run({ selection: { ...wholeDay, olderThan: 2 } })).toMatchObject({ swapped: 1 })
    expect(await files.run({ selection: { ...wholeDay, olderThan: 2 } })).toMatchObject({ batches: 0 })
  })

  it('counts the batches that have no time, since no row', async () => {
    await files.commit(badPort)
    expect(await files.run()).toMatchObject({ batches: 0, withoutTime: { batches: 1, lines: 1 } })
  })
})
