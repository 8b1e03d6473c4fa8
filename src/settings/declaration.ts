import { join } from 'node:path'
import { parseFailpoints } from '../lifecycle/failpoints.js'
import { date, type Format, integer, nameList, oneOf, path, pathList, text, url, yesOrNo } from './formats.js'
import { findPackageRoot } from './package-root.js'

/** One setting: everything that is known about it, in one place. */
export interface SettingDeclaration<T> {
  readonly default: T
  readonly format: Format<T>
  /** For the operator: what it does, and what a wrong value costs. */
  readonly doc: string
  /** The environment variable, where it is not SLUICE_ and the path in upper snake case. */
  readonly env?: string
  /** Can carry credentials: accepted from a file (`…_FILE`) too, and never shown unmasked. */
  readonly secret?: boolean
  /** How the documentation shows a default that depends on the installation. */
  readonly shownDefault?: string
}

function setting<T>(
  defaultValue: NoInfer<T>,
  format: Format<T>,
  doc: string,
  more: Pick<SettingDeclaration<T>, 'env' | 'secret' | 'shownDefault'> = {},
): SettingDeclaration<T> {
  return { default: defaultValue, format, doc, ...more }
}

const second = 1000
const minute = 60 * second
const hour = 60 * minute
const day = 24 * hour
const kibibyte = 1024
const mebibyte = 1024 * kibibyte
const gibibyte = 1024 * mebibyte

const logLevels = ['fatal', 'error', 'warn', 'info', 'debug', 'trace'] as const

/** Every setting, by section. Types, environment names, checks and docs/configuration.md come from here. */
export const declaration = {
  redis: {
    url: setting(
      'redis://localhost:6379',
      url('a URL as redis://host:6379/0, or rediss://host:6379/0 for TLS', ['redis:', 'rediss:']),
      'The Redis that carries the streams. Its `maxmemory-policy` must be `noeviction`.',
      { env: 'REDIS_URL', secret: true },
    ),
    keyPrefix: setting(
      'sluice',
      text('1 to 64 letters, digits, colons, underscores or hyphens', /^[A-Za-z0-9:_-]{1,64}$/),
      'What every key begins with. Two installations that share a Redis need different prefixes; all processes of one installation need the same.',
    ),
    commandTimeoutMs: setting(
      10_000,
      integer(100, 10 * minute),
      'A command that has no answer after this long counts as an outage, and the connection is made anew. Too short, and a slow Redis looks like one that is down.',
    ),
  },
  postgres: {
    url: setting(
      'postgres://localhost:5432/sluice',
      url('a URL as postgres://user@host:5432/database', ['postgres:', 'postgresql:']),
      'The database that holds the tables and the ledger.',
      { env: 'DATABASE_URL', secret: true },
    ),
    statementTimeoutMs: setting(
      60_000,
      integer(1000, hour),
      'A statement that runs longer is cancelled and tried again. Too short, and a large batch on a slow disk never gets through.',
    ),
    lockTimeoutMs: setting(
      10_000,
      integer(100, hour),
      'A statement that waits longer for a lock is cancelled and tried again.',
    ),
    idleInTransactionTimeoutMs: setting(
      30_000,
      integer(1000, hour),
      'The server ends a transaction whose client is silent for this long. A process that was stopped inside a transaction holds up its successor until then.',
    ),
  },
  logTypes: {
    directory: setting(
      join(findPackageRoot(), 'config', 'log-types'),
      path(),
      'The directory with the log type declarations. All processes of one installation need the same declarations.',
      { shownDefault: '`config/log-types` of the package' },
    ),
    catalogue: setting(
      [],
      nameList('`all`, or names of the catalogue, separated by commas (in a file: a list of names)'),
      'Types of the [catalogue](log-types.md#the-catalogue) that are active beside those of the directory. Each has a table, and costs a little of every line.',
    ),
    skipInvalid: setting(
      false,
      yesOrNo(),
      'Start without the declarations that are not valid, which are logged, instead of not at all. Lines of a type that is left out are set aside as unclassified, or taken by another type.',
    ),
  },
  http: {
    host: setting(
      '127.0.0.1',
      text('a host name or an address', /^[A-Za-z0-9.:_-]{1,253}$/),
      'The address on which metrics and health are served. They need no credentials, so an address other than the loopback one is for a trusted network only.',
    ),
    port: setting(
      9464,
      integer(0, 65_535),
      'The port on which metrics and health are served; 0 takes any free one and logs it.',
    ),
  },
  log: {
    level: setting(
      'info',
      oneOf(logLevels),
      'The least severe messages that are logged. Logs are JSON, one object a line, on standard error.',
    ),
  },
  reader: {
    paths: setting(
      [],
      pathList(),
      'Files, directories and glob patterns to follow. Paths on the command line replace it.',
    ),
    chunkLines: setting(
      16_384,
      integer(1, 1_000_000),
      'A chunk is cut after this many lines, if not earlier. Small chunks cost more bookkeeping per line, large ones more memory in every stage.',
    ),
    chunkBytes: setting(
      2 * mebibyte,
      integer(4 * kibibyte, 64 * mebibyte),
      'A chunk is cut after the line with which it reaches this many bytes. Every stage holds several chunks in memory at a time.',
    ),
    chunkMs: setting(
      200,
      integer(1, minute),
      'A chunk of a file that grows slowly is cut this long after its first line: what a line waits at most for company.',
    ),
    maxLineBytes: setting(
      64 * kibibyte,
      integer(256, 16 * mebibyte),
      'A longer line is set aside; its first bytes up to this many are kept. It bounds memory whatever a file holds.',
    ),
    pollMs: setting(
      100,
      integer(10, minute),
      'How often a file that was read to its end is looked at for more.',
    ),
    rescanMs: setting(
      1000,
      integer(100, hour),
      'How often the paths are searched for new, renamed and vanished files.',
    ),
    partialLineMs: setting(
      5000,
      integer(100, day),
      'A last line without a newline is taken as complete, and a copy that ends within a recorded chunk as all there will be of it, when the file has not changed for this long. Too short, and a line that its writer writes in two parts becomes two.',
    ),
    recordWaitMs: setting(
      1000,
      integer(10, hour),
      'A record of several lines, of a log type with `multiline`, is taken as complete when no next record has begun and the file has not changed for this long. Too short, and the lines that come later belong to no record and are set aside.',
    ),
    sweepMs: setting(
      2000,
      integer(100, hour),
      'How often recorded chunks that have not arrived in PostgreSQL are looked for.',
    ),
    republishGraceMs: setting(
      5000,
      integer(0, day),
      'A chunk whose batches are in no stream any more and not in PostgreSQL either is published again after this long. Too short costs duplicate work, never duplicate rows.',
    ),
    maxPublishings: setting(
      10,
      integer(1, 1000),
      'A chunk that was published again this often without arriving counts as stuck: it is reported, `ingest` ends with an error, and the service goes on trying ever more rarely.',
    ),
    maxStreamBytes: setting(
      64 * mebibyte,
      integer(mebibyte, 64 * gibibyte),
      'The reader pauses while the batches in all streams together hold this many compressed bytes. It bounds what Redis needs.',
    ),
    maxStreamEntries: setting(
      2000,
      integer(1, 1_000_000),
      'The reader pauses while all streams together hold this many batches.',
    ),
    maxRedisMemoryPercent: setting(
      60,
      integer(1, 90),
      'The reader pauses while Redis uses this much of its maxmemory, whoever uses it. Parsers need the rest: a hand-off has to fit before it frees what it replaces. It has no effect without a maxmemory.',
    ),
    concurrentSources: setting(
      2,
      integer(1, 64),
      'How many files are read at the same time. Each holds up to a chunk and its batches in memory.',
    ),
  },
  parser: {
    batchesPerRead: setting(
      4,
      integer(1, 1000),
      'How many batches a parser takes at a time. They wait with it, out of the reach of others.',
    ),
    blockMs: setting(
      1000,
      integer(10, minute),
      'How long a read waits for new batches before it is repeated.',
    ),
    minIdleMs: setting(
      30_000,
      integer(100, day),
      'A batch whose parser has been silent for this long is taken over by another. Too short costs duplicate work, never duplicate rows.',
    ),
    claimEveryMs: setting(5000, integer(10, hour), 'How often batches to take over are looked for.'),
    maxDeliveries: setting(
      5,
      integer(1, 1000),
      'A batch that was delivered this often without being parsed kills its parsers: all its lines are set aside. Too low, and a bad day of restarts sets good lines aside.',
    ),
  },
  indexer: {
    connections: setting(
      2,
      integer(1, 64),
      'How many transactions an indexer has open at a time, each on its own connection.',
    ),
    batchesPerTransaction: setting(
      16,
      integer(1, 1000),
      'A transaction takes at most this many batches. More save commits; fewer save repeated work after a failure.',
    ),
    bytesPerTransaction: setting(
      4 * mebibyte,
      integer(64 * kibibyte, gibibyte),
      'A transaction takes batches up to this many bytes of rows, and always at least one. Held in memory once per connection.',
    ),
    blockMs: setting(
      1000,
      integer(10, minute),
      'How long a read waits for new batches before it is repeated.',
    ),
    minIdleMs: setting(
      60_000,
      integer(100, day),
      'A batch whose indexer has been silent for this long is taken over by another. Too short costs duplicate work, never duplicate rows.',
    ),
    claimEveryMs: setting(5000, integer(10, hour), 'How often batches to take over are looked for.'),
    indexQuietMs: setting(
      2000,
      integer(100, hour),
      'The declared indexes of a partition are built when it has not grown for this long. Until then queries look through its rows. Too short, and rows that come after a pause cost twice as much.',
    ),
    indexAtBytes: setting(
      64 * mebibyte,
      integer(64 * kibibyte, 1024 * gibibyte),
      'The declared indexes of a partition are built even while it grows when its rows have this many bytes. Its writers wait meanwhile, less than a second for 64 MiB; where it has more than four times as much, writers go on and the build takes longer.',
    ),
    indexWithinMs: setting(
      minute,
      integer(100, day),
      'The declared indexes of a partition are built at the latest this long after it was seen to lack them, however it grows.',
    ),
    rollupCompactEveryMs: setting(
      minute,
      integer(100, day),
      'How often an indexer looks for hours of rollups that are in several parts, one for each transaction, and adds them up once no more come. Less often leaves more to be added up by queries.',
    ),
    partitionsFrom: setting(
      '2000-01-01',
      date(),
      'The first day that gets a partition of its own. Earlier events share one partition, so that a broken clock cannot make thousands.',
    ),
    partitionsDaysAhead: setting(
      7,
      integer(0, 3650),
      'The last day that gets a partition of its own, in days from today. Later events share one partition.',
    ),
    partitionsMadeAheadDays: setting(
      2,
      integer(0, 30),
      'Today and so many days after it get their partitions before there are rows for them, so that midnight finds them made.',
    ),
    maxPartitions: setting(
      1000,
      integer(16, 10_000),
      'Partitions of one table; events of further days, except those around today, share one. A query over all days locks each of them with its indexes: raise max_locks_per_transaction of PostgreSQL along with this.',
    ),
  },
  retention: {
    directory: setting(
      '',
      text('a path, or nothing', /^[^\0]*$/),
      'Where days are exported to whose log type says `retention: { then: export }`. Every indexer has to see the same directory under this path, and so does whoever restores from it. While it is empty nothing is exported, and days that should be stay where they are.',
      { shownDefault: 'none' },
    ),
    everyMs: setting(
      hour,
      integer(1000, day),
      'How often an indexer looks for days that are older than their log type keeps them.',
    ),
  },
  ledger: {
    proveEveryMs: setting(
      hour,
      integer(0, 7 * day),
      'How often a reader makes the proof of `sluice reconcile`, for the metric `sluice_ledger_balanced`; 0: never. It reads every row, some 4 million a second of one core of PostgreSQL: a large installation makes it by night instead.',
    ),
  },
  lifecycle: {
    drainMs: setting(
      25_000,
      integer(0, hour),
      'After a SIGTERM, work in hand is finished for at most this long. It has to be shorter than the time after which the supervisor kills the process; what is not finished then is done again by another.',
    ),
    failpoints: setting(
      '',
      {
        expected: 'failpoints as parser.batch-parsed=kill@3, separated by commas',
        read: (value) =>
          typeof value === 'string' && parseFailpoints(value) !== undefined ? value : undefined,
      },
      'Steps at which the process dies (`kill`), stops (`stop`) or hangs (`block:MILLISECONDS`), at the time it gets there that `@` names: to try recovery out. Leave it empty wherever data matters; a process that has any says so when it starts. [faults.md](faults.md) lists the steps.',
    ),
  },
} as const

type Declaration = typeof declaration

type ValueOf<D> = D extends SettingDeclaration<infer T> ? T : never

/** All settings, validated; read-only, since nothing changes while a process runs. */
export type Settings = {
  readonly [Section in keyof Declaration]: {
    readonly [Key in keyof Declaration[Section]]: ValueOf<Declaration[Section][Key]>
  }
}

export type LogLevel = Settings['log']['level']

/** A part of the settings, as a command gives it to `loadSettings`: what it names wins over everything else. */
export type SettingsOverrides = {
  readonly [Section in keyof Settings]?: {
    readonly [Key in keyof Settings[Section]]?: Settings[Section][Key] | undefined
  }
}
