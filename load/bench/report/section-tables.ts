import type { BenchReport } from '../bench-report.js'
import type { CatalogueComparison, CatalogueCostReport } from '../sections/catalogue-cost.js'
import type { LatencyReport } from '../sections/latency.js'
import type { ParseSpeedReport } from '../sections/parse-speed.js'
import type { ScalingReport, StagesReport } from '../sections/scaling.js'
import type { SizeReport } from '../sections/sizes.js'
import { count, fixed, mebibytes, short, type Table } from './table.js'

const STAGES = ['reader', 'parser', 'indexer'] as const

export function stagesTables({ lines, seconds, indexSeconds, processes, usage }: StagesReport): Table[] {
  const millions = lines / 1e6
  const perMillion = (value: number | null) => fixed(value === null ? null : value / millions, 2)
  const perThousand = (value: number) => short((value / lines) * 1000)
  return [
    {
      title: `Stages, ${count(lines)} lines, each a process`,
      headings: ['', 'CPU s per million lines', 'peak memory'],
      rows: [
        ...STAGES.flatMap((stage) => processes.filter(({ role }) => role === stage)).map(
          ({ role, cpuSeconds, peakBytes }) => [role, perMillion(cpuSeconds), mebibytes(peakBytes)],
        ),
        ['PostgreSQL', perMillion(usage.postgresCpuSeconds), ''],
        ['Redis', perMillion(usage.redisCpuSeconds), mebibytes(usage.redisPeakBytes)],
      ],
      notes: [
        `${count(lines / seconds)} lines/s. ` +
          (indexSeconds === null
            ? 'Not all declared indexes were in place a minute after the last commit.'
            : `All declared indexes were in place ${fixed(indexSeconds, 1)} s after the last commit.`),
        `Through Redis for a thousand lines: ${perThousand(usage.redisCommands)} commands, ${perThousand(usage.redisInBytes / 1024)} KiB in, ${perThousand(usage.redisOutBytes / 1024)} KiB out.`,
      ],
    },
  ]
}

export function latencyTables({ fullLinesPerSecond, resolutionMs, loads }: LatencyReport): Table[] {
  return [
    {
      title: 'Latency, line written to row visible, default settings',
      headings: ['load', 'lines/s', 'lines', 'p50 ms', 'p99 ms', 'highest ms'],
      rows: loads.map(({ percent, linesPerSecond, lines, p50Ms, p99Ms, maxMs }) => [
        `${percent} %`,
        count(linesPerSecond),
        count(lines),
        count(p50Ms),
        count(p99Ms),
        count(maxMs),
      ]),
      notes: [
        `100 % is ${count(fullLinesPerSecond)} lines/s, as measured by \`ingest\`.`,
        `Two files grow every 10 ms; a portion counts from before it is written until a query first finds the whole chunk of its last line committed. That query is repeated every 10 ms, so a figure is up to ${resolutionMs} ms too high, and never too low.`,
      ],
    },
  ]
}

export function scalingTables({ lines, runs }: ScalingReport): Table[] {
  const parsers = [...new Set(runs.map((run) => run.parsers))]
  const indexers = [...new Set(runs.map((run) => run.indexers))]
  return [
    {
      title: `Lines/s by number of processes, ${count(lines)} lines, one reader`,
      headings: ['', ...parsers.map((number) => `${number} parser${number === 1 ? '' : 's'}`)],
      rows: indexers.map((number) => [
        `${number} indexer${number === 1 ? '' : 's'}`,
        ...parsers.map((of) =>
          count(
            runs.find((run) => run.parsers === of && run.indexers === number)?.linesPerSecond ?? Number.NaN,
          ),
        ),
      ]),
      notes: ['To the last commit. All processes and both servers share the CPUs of this machine.'],
    },
  ]
}

export function parseTables(speeds: ParseSpeedReport): Table[] {
  return [
    {
      title: 'Parsing alone, one core',
      headings: ['log type', 'lines/s', 'MB/s', 'bytes a line', 'lines'],
      rows: speeds.map(({ logType, lines, bytesPerLine, linesPerSecond }) => [
        logType,
        count(linesPerSecond),
        count((linesPerSecond * bytesPerLine) / 1e6),
        count(bytesPerLine),
        lines,
      ]),
      notes: [
        'From the lines of a batch to the bytes that COPY takes, without any I/O. Samples: those that become rows, over and over.',
      ],
    },
  ]
}

export function catalogueTables(report: CatalogueCostReport): Table[] {
  const row = (title: string, { without, withAll, ratio }: CatalogueComparison) => [
    title,
    count(without.median),
    count(withAll.median),
    fixed(ratio, 2),
  ]
  return [
    {
      title: `Lines with all ${report.catalogueTypes} types of the catalogue active, generated lines`,
      headings: ['', 'without', 'with all', 'ratio'],
      rows: [
        row('classifying, in memory, a processor second', report.classify),
        row('reading: splitting, classifying, cutting, in memory, a processor second', report.read),
        row(`ingest, ${count(report.lines)} lines, a second`, report.ingest),
        ...(report.ingestProcessor === undefined
          ? []
          : [row('the same, a processor second of its own processes', report.ingestProcessor)]),
      ],
      notes: [
        'Measured in turn; medians, and the ratio is the median of those of the rounds. Lines are of the three types that are always active.',
        `All lines became rows: ${report.right ? 'yes' : 'NO'}.`,
      ],
    },
  ]
}

export function sizesTables(sizes: readonly SizeReport[]): Table[] {
  const first = sizes[0]?.linesPerSecond ?? Number.NaN
  return [
    {
      title: 'Rate by number of lines',
      headings: [
        'lines',
        'lines/s',
        '× the first',
        'rounds',
        'peak memory',
        'largest process',
        'bytes on disk a row',
      ],
      rows: sizes.map(({ lines, linesPerSecond, rounds, tables }) => [
        count(lines),
        count(linesPerSecond),
        fixed(linesPerSecond / first, 2),
        String(rounds.length),
        mebibytes(Math.max(...rounds.map(({ peakMemory }) => peakMemory.bytes))),
        mebibytes(Math.max(...rounds.map(({ peakMemory }) => peakMemory.largestBytes))),
        count(tables.reduce((bytes, table) => bytes + table.tableBytes + table.indexBytes, 0) / lines),
      ]),
      notes: [
        `Balanced, as the generator foresaw, all indexes in place: ${sizes.every(({ right }) => right) ? 'yes' : 'NO'}.`,
      ],
    },
  ]
}

export function queriesTables(sizes: readonly SizeReport[]): Table[] {
  return sizes.flatMap(({ lines, queries }) =>
    queries === undefined
      ? []
      : [
          {
            title: `The analysts' questions of ${count(lines)} rows`,
            headings: ['', 'rows', 'Sluice ms', 'naive ms', '× as fast', 'equal'],
            rows: queries.map(({ title, rows, sluiceMs, naiveMs, timesFaster, equal }) => [
              title,
              count(rows),
              fixed(sluiceMs, 1),
              fixed(naiveMs, 1),
              short(timesFaster),
              equal ? 'yes' : 'NO',
            ]),
            notes: [
              'From the question to the last row at the client, median after a first run that does not count. Equal: the same rows in the same order.',
            ],
          },
        ],
  )
}

function describeOthers(percent: number | null | undefined): string {
  if (percent === null || percent === undefined) return ''
  return ` Other programs took ${percent} % of the processors' time${percent > 5 ? ', so that all figures are too low' : ''}.`
}

/** What the figures depend on. */
export function describeConditions({ servers, machine, startedAt, seconds }: BenchReport): string[] {
  const settings = (group: Readonly<Record<string, string>>) =>
    Object.entries(group)
      .map(([name, value]) => `${name}=${value}`)
      .join(' ')
  return [
    `Machine: ${machine.cpus} CPUs (${machine.cpuModel}), ${mebibytes(machine.memoryBytes)}, ${machine.platform}, Node ${machine.node}. The generator, both servers and all contestants share it.`,
    `PostgreSQL: ${settings(servers.postgres)}`,
    `Redis: ${settings(servers.redis)}`,
    `Run of ${startedAt.slice(0, 10)}, ${count(seconds)} s.${describeOthers(machine.othersPercent)}`,
  ]
}
