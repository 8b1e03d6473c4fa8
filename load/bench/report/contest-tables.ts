import type { ContestReport } from '../contest/contest.js'
import type { ContestantReport, ContestantRound } from '../contest/contestant.js'
import { COPY_LIMIT_ID, NAIVE_ID, SLUICE_ID } from '../contest/contestants.js'
import type { SluiceResult } from '../contest/run-sluice.js'
import { contentOf, type TableSize } from '../disk.js'
import { medianOf } from '../statistics.js'
import { count, fixed, mebibytes, short, type Table } from './table.js'

export function contestTables(contest: ContestReport): Table[] {
  return [rateTable(contest), resourceTable(contest), diskTable(contest)]
}

function rateTable({ lines, rounds, naiveLines, levelLines, contestants }: ContestReport): Table {
  const rows = contestants.map(({ title, rows, rowsPerSecond, timesNaive, timesCopyLimit }) => [
    title,
    count(rows),
    count(rowsPerSecond.median),
    `${count(rowsPerSecond.min)} – ${count(rowsPerSecond.max)}`,
    short(timesNaive),
    fixed(timesCopyLimit, 2),
  ])
  const whole = wholeCommandRow(contestants)
  if (whole !== undefined) rows.push(whole)
  return {
    title: `Rate, ${count(lines)} lines, median of ${rounds} round${rounds === 1 ? '' : 's'}`,
    headings: ['', 'rows', 'rows/s', 'lowest – highest', '× naive', '× COPY, text, 2'],
    rows,
    notes: [
      `Naive takes ${count(naiveLines)} lines and each level ${count(levelLines)}: a rate, which a smaller table and smaller indexes only raise.`,
      ...sluiceNotes(contestants),
    ],
  }
}

/** From the start of the process to its end. */
function wholeCommandRow(contestants: readonly ContestantReport[]): string[] | undefined {
  const sluice = contestants.find(({ id }) => id === SLUICE_ID)
  const naive = contestants.find(({ id }) => id === NAIVE_ID)
  const limit = contestants.find(({ id }) => id === COPY_LIMIT_ID)
  if (sluice === undefined || naive === undefined || limit === undefined) return undefined
  const rates = sluice.rounds.map(({ rows, sluice: result }) => rows / (result?.wallSeconds ?? Number.NaN))
  const rate = medianOf(rates)
  return [
    'Sluice, whole command',
    count(sluice.rows),
    count(rate),
    `${count(Math.min(...rates))} – ${count(Math.max(...rates))}`,
    short(rate / naive.rowsPerSecond.median),
    fixed(rate / limit.rowsPerSecond.median, 2),
  ]
}

function sluiceNotes(contestants: readonly ContestantReport[]): string[] {
  const rounds = contestants.find(({ id }) => id === SLUICE_ID)?.rounds ?? []
  const results = rounds.flatMap(({ sluice }) => sluice ?? [])
  const [last] = results.slice(-1)
  if (last === undefined) return []
  const every = (holds: (result: SluiceResult) => boolean) => (results.every(holds) ? 'yes' : 'NO')
  const highest = (of: (result: SluiceResult) => number) => Math.max(...results.map(of))
  const { indexes, indexesUsed, deadLettered } = last
  return [
    'Sluice: from when it can read and write until every row is committed and every declared index is built; the whole command has the start of the process and the proof besides.',
    `Balanced: ${every(({ balanced }) => balanced)}. As the generator foresaw: ${every(({ verified }) => verified)}. Dead letters: ${count(deadLettered)}.`,
    `Indexes in place when it ended: ${every((result) => result.indexes.complete)}, ${indexes.indexes} of ${indexes.expectedIndexes} on ${indexes.partitions} partitions. Declared indexes that the analysts' queries used: ${indexesUsed.used} of ${indexesUsed.declared}.`,
    `Peak resident memory of Sluice: ${mebibytes(highest(({ peakMemory }) => peakMemory.bytes))} in ${count(highest(({ peakMemory }) => peakMemory.processes))} processes, ${mebibytes(highest(({ peakMemory }) => peakMemory.largestBytes))} in the largest of them; the highest of the rounds.`,
  ]
}

function resourceTable({ contestants }: ContestReport): Table {
  return {
    title: 'What it takes',
    headings: [
      '',
      'own CPU s',
      'PostgreSQL CPU s',
      'Redis CPU s',
      'Redis commands',
      'KiB into Redis',
      'KiB out of Redis',
      'Redis peak',
    ],
    rows: contestants.map(({ title, rounds }) => {
      const perMillion = (of: (round: ContestantRound) => number | null) =>
        medianOf(rounds.map((round) => ((of(round) ?? Number.NaN) / round.rows) * 1e6))
      const perThousand = (of: (round: ContestantRound) => number) => perMillion(of) / 1000
      return [
        title,
        fixed(
          perMillion(({ cpuSeconds }) => cpuSeconds),
          2,
        ),
        fixed(
          perMillion(({ usage }) => usage.postgresCpuSeconds),
          2,
        ),
        fixed(
          perMillion(({ usage }) => usage.redisCpuSeconds),
          2,
        ),
        short(perThousand(({ usage }) => usage.redisCommands)),
        short(perThousand(({ usage }) => usage.redisInBytes / 1024)),
        short(perThousand(({ usage }) => usage.redisOutBytes / 1024)),
        mebibytes(Math.max(...rounds.map(({ usage }) => usage.redisPeakBytes))),
      ]
    }),
    notes: [
      'Processor seconds for a million rows, medians. Own: all processes of the contestant, their start-up included, and for COPY the loading of what was encoded beforehand.',
      'Redis: commands (those that scripts run too) and KiB for a thousand rows; peak: the most that was seen in use during a run.',
    ],
  }
}

function diskTable({ contestants }: ContestReport): Table {
  const shown = [NAIVE_ID, COPY_LIMIT_ID, SLUICE_ID]
  const rows = contestants
    .filter(({ id }) => shown.includes(id))
    .flatMap(({ title, rounds }) => {
      const { tables = [], rows: total = 0 } = rounds.at(-1) ?? {}
      const sum = (of: readonly TableSize[], key: 'tableBytes' | 'indexBytes') =>
        of.reduce((bytes, table) => bytes + table[key], 0)
      const row = (name: string, rows: number, tableBytes: number, indexBytes: number) => [
        `${title}: ${name}`,
        count(rows),
        fixed(tableBytes / rows, 0),
        fixed(indexBytes / rows, 0),
        fixed((tableBytes + indexBytes) / rows, 0),
      ]
      return [
        ...tables
          .filter((table) => contentOf(table) === 'rows')
          .map(({ table, rows: of, tableBytes, indexBytes }) =>
            row(table.replace('public.', ''), of, tableBytes, indexBytes),
          ),
        ...(['ledger', 'rollups'] as const)
          .map((content) => ({ content, of: tables.filter((table) => contentOf(table) === content) }))
          .filter(({ of }) => of.length > 0)
          .map(({ content, of }) => row(content, total, sum(of, 'tableBytes'), sum(of, 'indexBytes'))),
        ...(tables.length > 1
          ? [row('all', total, sum(tables, 'tableBytes'), sum(tables, 'indexBytes'))]
          : []),
      ]
    })
  return {
    title: 'Bytes on disk for a row',
    headings: ['', 'rows', 'table', 'indexes', 'together'],
    rows,
    notes: ['COPY fills the tables that the typed levels fill too.'],
  }
}
