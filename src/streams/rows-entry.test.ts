import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { type RowsMeta, UnopenableEntryError } from './envelope.js'
import { openRows, packRows } from './rows-entry.js'

const rows = Buffer.from('tuple '.repeat(500))
const dead = Buffer.from('dead letter '.repeat(20))
const body = Buffer.from('compressed body, not looked into')

async function packed(changes: Partial<RowsMeta> = {}): Promise<Record<string, Buffer>> {
  const parts = await packRows(rows, dead, body)
  const meta: RowsMeta = {
    v: 1,
    logType: 'dns',
    hash: 'ab'.repeat(32),
    chunk: '2b1f3f3e-0000-8000-8000-000000000001',
    sourceId: 7,
    sourceUuid: '2b1f3f3e-0000-4000-8000-000000000001',
    start: 0,
    end: 100,
    lines: 12,
    bodyBytes: body.length,
    cutAtMs: 0,
    parserVersion: 1,
    copyLayout: '',
    rows: 10,
    rowsBytes: rows.length,
    deadLetters: 2,
    deadBytes: dead.length,
    lineOffsetSum: '99',
    days: [1],
    firstEventMs: null,
    lastEventMs: null,
    reasons: {},
    digest: parts.digest,
    ...changes,
  }
  return { meta: Buffer.from(JSON.stringify(meta)), rows: parts.rows, dead: parts.dead, body }
}

async function unpack(parts: Record<string, Buffer>) {
  const opened = openRows(Object.entries(parts).flatMap(([name, value]) => [Buffer.from(name), value]))
  return { ...opened, ...(await opened.uncompress()) }
}

describe('parsed rows on their way', () => {
  it('come back as they were, with the batch body untouched', async () => {
    const unpacked = await unpack(await packed())
    expect(unpacked.rows.equals(rows)).toBe(true)
    expect(unpacked.dead.equals(dead)).toBe(true)
    expect(unpacked.body.equals(body)).toBe(true)
    expect(unpacked.meta).toMatchObject({ rows: 10, deadLetters: 2, lineOffsetSum: '99' })
  })

  it.each(['rows', 'dead', 'body'])('cannot be opened with a flipped bit anywhere in %s', async (part) => {
    const parts = await packed()
    const good = parts[part]!
    for (let at = 0; at < good.length; at++) {
      const bad = Buffer.from(good)
      bad[at] = bad[at]! ^ 0x10
      await expect(unpack({ ...parts, [part]: bad })).rejects.toBeInstanceOf(UnopenableEntryError)
    }
  })

  it('cannot be opened truncated, or with parts swapped', async () => {
    const parts = await packed()
    const short = { ...parts, rows: parts.rows!.subarray(0, -1) }
    await expect(unpack(short)).rejects.toBeInstanceOf(UnopenableEntryError)
    const swapped = { ...parts, rows: parts.dead!, dead: parts.rows! }
    await expect(unpack(swapped)).rejects.toBeInstanceOf(UnopenableEntryError)
  })

  it('cannot be opened when sizes or counts do not agree', async () => {
    for (const changes of [
      { rowsBytes: rows.length + 1 },
      { deadBytes: 0 },
      { rowsBytes: 2 ** 40 },
      { rows: 11 },
      { deadLetters: 1 },
      { lines: 13 },
    ]) {
      await expect(unpack(await packed(changes))).rejects.toBeInstanceOf(UnopenableEntryError)
    }
  })

  it('cannot be opened when a part does not decompress, although its digest is right', async () => {
    const noBlock = await packRows(rows, dead, body)
    const garbage = Buffer.concat([noBlock.rows.subarray(0, 4), Buffer.alloc(50, 0xff)])
    const digest = createHash('sha256').update(garbage).update(noBlock.dead).update(body).digest('hex')
    await expect(unpack({ ...(await packed({ digest })), rows: garbage })).rejects.toThrow('block is corrupt')
  })
})
