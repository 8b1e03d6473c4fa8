import { expect, test } from 'vitest'
import type { ContestReport } from '../contest/contest.js'
import type { ContestantReport } from '../contest/contestant.js'
import { type CostReport, costOf, SLUICE_DEFAULT_DESIGN } from '../cost/cost-report.js'
import { SQS } from '../cost/queue-price.js'
import { costTables } from './cost-tables.js'

const MIB = 2 ** 20
const GIB = 2 ** 30

const hop = (bytes: number) => ({ messages: 10, bytes })
// Chunks of the larger volume are fuller and compress better: fewer bytes a line.
const volume = (linesPerDay: number, hopBytes: readonly [number, number]) => ({
  linesPerDay,
  designs: [
    costOf({ design: 'naive', lines: 24, hops: [hop(24 * MIB)], waitSeconds: 0 }, linesPerDay, SQS),
    costOf(
      { design: SLUICE_DEFAULT_DESIGN, lines: 24, hops: hopBytes.map(hop), waitSeconds: 0.2 },
      linesPerDay,
      SQS,
    ),
    costOf(
      { design: 'Sluice, reader.chunkMs 1000', lines: 24, hops: [hop(1)], waitSeconds: 1 },
      linesPerDay,
      SQS,
    ),
  ],
})
const cost: CostReport = {
  price: SQS,
  settings: { chunkMs: 200, chunkLines: 16_384, chunkBytes: 2 << 20 },
  volumes: [volume(24, [20 * MIB, 28 * MIB]), volume(240, [5 * MIB, 7 * MIB])],
}

/** A thousand rows of a GiB each in two tables, in an hour of processor time for each of the three. */
const contestant = (id: 'naive' | 'sluice', title: string): ContestantReport => ({
  ...{ id, title, group: id, rows: 1000, timesNaive: 1, timesCopyLimit: 1 },
  rowsPerSecond: { median: 1, min: 1, max: 1 },
  rounds: [
    {
      ...{ rows: 1000, seconds: 1, cpuSeconds: 3600 },
      usage: {
        ...{ postgresCpuSeconds: 3600, redisCpuSeconds: 3600, redisCommands: 0 },
        ...{ redisInBytes: 0, redisOutBytes: 0, redisPeakBytes: 0 },
      },
      tables: [
        { table: 'public.dns_logs', rows: 400, tableBytes: 300 * GIB, indexBytes: 100 * GIB },
        { table: 'public.auth_logs', rows: 600, tableBytes: 600 * GIB, indexBytes: 0 },
        { table: 'sluice.batches', rows: 5, tableBytes: 9000 * GIB, indexBytes: 9000 * GIB },
      ],
    },
  ],
})
const contest: ContestReport = {
  ...{ lines: 1000, rounds: 1, naiveLines: 1000, levelLines: 1000 },
  contestants: [contestant('naive', 'naive'), contestant('sluice', 'Sluice')],
}

test('each volume has its own messages in Redis, those of Sluice in one of two queues at a time', () => {
  const messagesAnHour = costTables(cost, contest)
    .at(-1)
    ?.rows.map((row) => [row[0], row[3], row[6]])
  expect(messagesAnHour).toEqual([
    ['naive', '1', '10'],
    ['Sluice', '1', '3'],
  ])
})

test('rows are stored without the ledger, and processor time is that of the contest for as many lines', () => {
  const sluice = costTables(cost, contest).at(-1)?.rows.at(-1)
  expect([sluice?.[1], sluice?.[4]]).toEqual(['720', '7,200'])
  expect([sluice?.[2], sluice?.[5]]).toEqual(['0.07', '0.72'])
})

test('what nobody measured is not made up', () => {
  expect(costTables(cost, undefined).map(({ title }) => title)).toEqual([
    'A queue paid by request, 24 lines a day',
    'A queue paid by request, 240 lines a day',
  ])
})
