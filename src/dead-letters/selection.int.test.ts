import { beforeAll, describe, expect, it } from 'vitest'
import { commitText, recordText, type TestLedger, testLedger, textOf } from '../../load/test/recorded-text.js'
import { furtherSignatures, groupDeadLetters } from './group-dead-letters.js'
import { selectDeadLetters } from './select-dead-letters.js'
import { type PageLimits, selectLinePage, selectNewestId } from './selection.js'

const words = Array.from({ length: 200 }, (_, n) => `${n % 2 === 0 ? 'even' : 'odd'} ${'x'.repeat(n)}`)

let ledger: TestLedger
beforeAll(async () => {
  ledger = await testLedger()
  await commitText(ledger, await recordText(ledger, textOf(...words)), 'unclassified')
  // Ids that are gone, as after a replay.
  await ledger.pool.query(
    `SELECT setval(pg_get_serial_sequence('sluice.dead_letters', 'dead_letter_id'), 100000)`,
  )
  await commitText(ledger, await recordText(ledger, textOf('even last')), 'unclassified')
})

/** The lines of all pages, in order. */
async function readAll(limits: PageLimits, reason?: string): Promise<{ lines: string[]; pages: number }> {
  const newestId = await selectNewestId(ledger.pool)
  const lines: string[] = []
  let pages = 0
  for (let afterId = 0; ; pages++) {
    const page = await selectLinePage(ledger.pool, { reason }, afterId, newestId, limits)
    if (page === undefined) return { lines, pages }
    afterId = page.lastId
    expect(page.lines.length).toBeLessThanOrEqual(limits.lines)
    lines.push(...page.lines.map(({ raw }) => raw.toString()))
  }
}

describe('pages of dead letters', () => {
  it.each([
    { lines: 1000, bytes: 1e6, rawBytes: 1e6 },
    { lines: 7, bytes: 1e6, rawBytes: 1e6 },
    { lines: 1, bytes: 1e6, rawBytes: 1e6 },
    { lines: 1000, bytes: 500, rawBytes: 1e6 },
    { lines: 1000, bytes: 1, rawBytes: 1e6 },
  ])('have every line once, whatever bounds them: %j', async (limits) => {
    expect((await readAll(limits)).lines).toEqual([...words, 'even last'])
  })

  it('hold so much of a line as is asked for', async () => {
    const { lines, pages } = await readAll({ lines: 1000, bytes: 4 * 50, rawBytes: 4 })
    expect(lines[0]).toBe('even')
    expect(lines).toHaveLength(201)
    expect(pages).toBe(5)
  })

  it('skip ids that are gone, and ranges without a line that fits', async () => {
    const { lines, pages } = await readAll({ lines: 10, bytes: 1e6, rawBytes: 10 }, 'other')
    expect(lines).toEqual([])
    expect(pages).toBeLessThan(10)
  })
})

describe('groups of dead letters', () => {
  it('are told apart as long as they are not too many', async () => {
    const groups = await groupDeadLetters(ledger.pool, {}, 5)
    expect(groups[0]).toMatchObject({ id: '', signature: furtherSignatures, reason: 'no_type' })
    expect(groups).toHaveLength(6)
    expect(groups.reduce((sum, { lines }) => sum + lines, 0)).toBe(201)
  })

  it('are the sources of lists by their id', async () => {
    const groups = await groupDeadLetters(ledger.pool, {})
    const last = groups.find(({ signature }) => signature === 'even last')!
    const listed = await selectDeadLetters(ledger.pool, { group: last.id }, 10, 1000)
    expect(listed.map(({ raw }) => raw.toString())).toEqual(['even last'])
    expect(await selectDeadLetters(ledger.pool, { group: '00000000' }, 10, 1000)).toEqual([])
  })
})
