import type { ContestReport } from '../contest/contest.js'
import { COPY_LIMIT_ID, NAIVE_ID, SLUICE_ID } from '../contest/contestants.js'
import type { CostReport } from '../cost/cost-report.js'
import { SECONDS_PER_DAY } from '../cost/design.js'
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
      const bytes = (full?.tables ?? []).reduce((sum, table) => sum + table.tableBytes + table.indexBytes, 0)
      const bytesPerRow = bytes / (full?.rows ?? Number.NaN)
      const queued = queuedBytesPerLine(volumes, title, id === SLUICE_ID)
      return [
        title,
        ...volumes.flatMap(({ linesPerDay }) => [
          fixed((linesPerDay * DAYS_PER_MONTH * bytesPerRow) / 2 ** 30, 0),
          fixed((linesPerDay * cpuSeconds) / 3600, 2),
          fixed(((linesPerDay / 24) * queued) / 2 ** 20, 0),
        ]),
      ]
    })
  return {
    title: 'Beside the queue',
    headings: [
      '',
      ...volumes.flatMap(({ linesPerDay }) => [
        `${linesPerDay / 1e6} M: GiB for ${DAYS_PER_MONTH} days`,
        'CPU hours a day',
        'MiB in Redis, an hour behind',
      ]),
    ],
    rows,
    notes: [
      'Storage: tables with their indexes (and the ledger), from the contest. CPU: all processes and both servers, at full speed; an idle process takes a little more for the same lines.',
      'An hour behind: what lies in Redis when an hour of lines waits for PostgreSQL. Sluice stops reading at reader.maxStreamBytes (64 MiB) and leaves the rest in the files; the others need the memory.',
    ],
  }
}

/** Payload in the first queue for each line, from the larger volume: there messages are fuller. */
function queuedBytesPerLine(volumes: CostReport['volumes'], title: string, isSluice: boolean): number {
  const { linesPerDay = 1, designs = [] } = volumes.at(-1) ?? {}
  const design = designs.find((one) => (isSluice ? one.design.startsWith('Sluice') : one.design === title))
  return (design?.bytesPerDay ?? Number.NaN) / linesPerDay / (isSluice ? 2 : 1)
}
