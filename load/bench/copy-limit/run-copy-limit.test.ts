import { expect, test } from 'vitest'
import type { PreparedRows } from './prepare-rows.js'
import { shareRows } from './run-copy-limit.js'

function table(name: string, pieceCount: number): PreparedRows {
  const pieces = Array.from({ length: pieceCount }, (_, index) => ({
    startByte: index * 10,
    endByte: index * 10 + 10,
    rows: 50_000,
  }))
  return { table: name, columns: ['a'], format: 'text', path: `/${name}`, pieces }
}

const rows = [table('firewall', 10), table('dns', 6), table('auth', 4)]
const summary = (shares: PreparedRows[][]) =>
  shares.map((share) => share.map(({ table, pieces }) => `${table} ${pieces.length}`))

test('one connection gets everything, two get halves of each table in opposite order', () => {
  expect(summary(shareRows(rows, 1))).toEqual([['firewall 10', 'dns 6', 'auth 4']])
  expect(summary(shareRows(rows, 2))).toEqual([
    ['firewall 5', 'dns 3', 'auth 2'],
    ['auth 2', 'dns 3', 'firewall 5'],
  ])
})

test('no piece is lost or doubled among more connections than tables', () => {
  const shared = shareRows(rows, 5).flat()
  for (const { table, pieces } of rows) {
    const found = shared.filter((share) => share.table === table).flatMap((share) => share.pieces)
    expect(found.toSorted((a, b) => a.startByte - b.startByte)).toEqual(pieces)
  }
})
