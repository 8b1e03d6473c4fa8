import type { ContestReport } from '../contest/contest.js'
import { COPY_LIMIT_ID, NAIVE_ID, SLUICE_ID } from '../contest/contestants.js'
import { type CostReport, SLUICE_DEFAULT_DESIGN } from '../cost/cost-report.js'
import { SECONDS_PER_DAY, SLUICE_HOPS } from '../cost/design.js'
import { contentOf } from '../disk.js'
import { medianOf } from '../statistics.js'
import { count, fixed, short, type Table } from './table.js'

const DAYS_PER_MONTH = 30

/** What the queue would cost; with a contest in the same run, what the rest takes beside it. */
export function costTables(cost: CostReport, contest: ContestReport | undefined): Table[] {
  return [
    ...cost.volumes.map((volume) => queueTable(cost, volume)),
    ...(contest === undefined ? [] : [besideTable(cost, contest)]),
  ]
}

function queueTable({ price }: CostReport, { linesPerDay, designs }: CostReport['volumes'][number]): Table {
  return {
    title: `A queue paid by request, ${count(linesPerDay)} lines a day`,
    headings: [
      '',
      'messages a day',
      'bytes each',
      'requests a day',
      '$ a day',
      '$ a month',
      '$ a month, calls of ten',
      'a line waits up to',
    ],
    rows: designs.map((design) => [
      design.design,
      count(design.messagesPerDay),
      count(design.messageBytes),
      count(design.requestsPerDay.single),
      fixed(design.dollarsPerDay.single, 2),
      fixed(design.dollarsPerDay.single * DAYS_PER_MONTH, 2),
      fixed(design.dollarsPerDay.batched * DAYS_PER_MONTH, 2),
      `${short(design.waitSeconds)} s`,
    ]),
    notes: [
      `$${price.dollarsPerMillionRequests} a million requests; ${price.maxMessageBytes / 1024} KiB a message, billed in units of ${price.unitBytes / 1024} KiB; each message is sent, received and deleted once, in calls of one or of up to ${price.maxBatchMessages}; ${DAYS_PER_MONTH} days a month.`,
      `${count(linesPerDay / SECONDS_PER_DAY)} lines a second, all day, from one file. Sluice's messages go through two queues: to the parsers, and to the indexers.`,
    ],
  }
}

function besideTable({ volumes }: CostReport, { contestants }: ContestReport): Table {
  const shown = [
    NAIVE_ID,
    'level-batching',
    'level-typed',
    'level-compression',
    'level-concurrency',
    'level-copy',
  ]
  const rows = contestants
    .filter(({ id }) => [...shown, SLUICE_ID].includes(id))
    .map(({ id, title, rounds }) => {
      const cpuSeconds = medianOf(
        rounds.map(
          ({ cpuSeconds, usage, rows }) =>
            ((cpuSeconds ?? Number.NaN) +
              (usage.postgresCpuSeconds ?? Number.NaN) +
              (usage.redisCpuSeconds ?? Number.NaN)) /
            rows,
        ),
      )
      // A level's last round is small; the same tables, full, are those that COPY filled.
      const measured = id === NAIVE_ID || id === 'level-batching' || id === SLUICE_ID ? id : COPY_LIMIT_ID
      const full = contestants.find((contestant) => contestant.id === measured)?.rounds.at(-1)
      // In bulk the ledger is nothing, and all day long it and the rollups depend on the rate: see the notes.
      const tables = (full?.tables ?? []).filter((table) => contentOf(table) === 'rows')
      const bytes = tables.reduce((sum, table) => sum + table.tableBytes + table.indexBytes, 0)
      const bytesPerRow = bytes / (full?.rows ?? Number.NaN)
      return [
        title,
        ...volumes.flatMap(({ linesPerDay, designs }) => [
          fixed((linesPerDay * DAYS_PER_MONTH * bytesPerRow) / 2 ** 30, 0),
          fixed((linesPerDay * cpuSeconds) / 3600, 2),
          fixed(queuedBytesPerDay(designs, title, id === SLUICE_ID) / 24 / 2 ** 20, 0),
        ]),
      ]
    })
  return {
    title: 'Beside the queue',
    headings: [
      '',
      ...volumes.flatMap(({ linesPerDay }) => [
        `${linesPerDay / 1e6} M: GiB of rows, ${DAYS_PER_MONTH} days`,
        'CPU hours, a day in bulk',
        'MiB of messages an hour',
      ]),
    ],
    rows,
    notes: [
      "GiB of rows: tables with their indexes, as the contest left them, without Sluice's ledger.",
      "CPU hours, a day in bulk: a day's lines loaded in one go at full speed, as in the contest; all processes and both servers. It is not what a service takes that waits for its lines.",
      'Sluice as a service pays for time rather than for lines: it cuts up to five chunks a second from each growing file, however few lines are in them. Measured once on 2 cores, at 116 lines a second from one file (10 M a day) with default settings: 0.14 s of CPU a second, which is 3.3 hours a day, and some 90 bytes of ledger a line. A larger reader.chunkMs lowers both.',
      'MiB of messages an hour: messages times bytes of the tables above, for Sluice through one of its two queues (the mean of both). Redis has to hold that when PostgreSQL is an hour behind. Sluice stops reading at reader.maxStreamEntries or reader.maxStreamBytes, whichever comes first, and leaves the rest in the files.',
    ],
  }
}

/** Payload that has to wait somewhere for each day of lines: a line is in one of Sluice's queues at a time. */
function queuedBytesPerDay(
  designs: CostReport['volumes'][number]['designs'],
  title: string,
  isSluice: boolean,
): number {
  const name = isSluice ? SLUICE_DEFAULT_DESIGN : title
  const bytes = designs.find(({ design }) => design === name)?.bytesPerDay ?? Number.NaN
  return isSluice ? bytes / SLUICE_HOPS : bytes
}
