import { beforeEach, describe, expect, it } from 'vitest'
import { type TestLedger, testLedger } from '../../load/test/recorded-text.js'
import { badDns, commitLines, proxyLine, requestFor, withProxy } from '../../load/test/replayable-lines.js'
import { reconcile } from '../ledger/reconcile.js'
import { replay } from '../recovery/replay.js'
import { drop } from './drop.js'
import type { DeadLetterSelection } from './selection.js'

let ledger: TestLedger
beforeEach(async () => {
  ledger = await testLedger()
})
const replayed = (selection: DeadLetterSelection = {}) => replay(requestFor(ledger, selection))
const query = async (sql: string) => (await ledger.pool.query(sql)).rows
const deadLetters = () => query('SELECT * FROM sluice.dead_letters ORDER BY dead_letter_id')
async function expectBalanced(accounts: { indexed: number; deadLettered: number }): Promise<void> {
  expect(await reconcile(ledger.pool)).toMatchObject({ balanced: true, inFlight: 0, ...accounts })
}

describe('dropping dead letters', () => {
  const dropped = (selection: DeadLetterSelection) =>
    drop({ ...requestFor(ledger, selection), because: 'old banner' })

  it('hides them from replay, keeps them in the books, and says why', async () => {
    await commitLines(ledger, proxyLine(1), badDns)
    ledger = await withProxy(ledger)
    expect(await dropped({ reason: 'no_type' })).toMatchObject({ lines: 1 })
    expect(await dropped({ reason: 'no_type' })).toMatchObject({ lines: 0 })
    expect(await deadLetters()).toMatchObject([
      { reason: 'bad_address', dropped_at: null },
      { reason: 'no_type', dropped_at: expect.any(Date), dropped_because: 'old banner' },
    ])
    expect((await replayed()).lines).toMatchObject({ rows: 0, failed: 1 })
    await expectBalanced({ indexed: 0, deadLettered: 2 })
    expect((await replayed({ withDropped: true })).lines).toMatchObject({ rows: 1, failed: 1 })
    await expectBalanced({ indexed: 1, deadLettered: 1 })
    expect(
      await query(`SELECT selection, outcome FROM sluice.operations WHERE kind = 'drop' LIMIT 1`),
    ).toMatchObject([{ selection: { because: 'old banner' }, outcome: { lines: 1 } }])
  })

  it('and replaying them at once does one of the two to each', async () => {
    await commitLines(ledger, ...Array.from({ length: 500 }, (_, n) => proxyLine(n)))
    ledger = await withProxy(ledger)
    const [replay, drop] = await Promise.all([replayed(), dropped({})])
    expect(replay.lines.rows + drop.lines).toBe(500)
    await expectBalanced({ indexed: replay.lines.rows, deadLettered: drop.lines })
  })
})
