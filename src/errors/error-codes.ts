/**
 * What the process's exit status tells a script. A supervisor may restart on 3 and 70; the others need a
 * person or are an answer.
 */
export const exitCodes = {
  ok: 0,
  checkFailed: 1,
  usage: 2,
  service: 3,
  input: 4,
  internal: 70,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** The meaning of each exit status, in the words of the documentation. */
export const exitCodeMeanings: Readonly<Record<ExitCode, string>> = {
  0: 'Everything was done and, where something was checked, it holds.',
  1: 'A check failed: lines are not accounted for, or are not going to be.',
  2: 'The command line, the settings or a log type declaration is wrong.',
  3: 'PostgreSQL or Redis cannot be reached, or cannot be used as it is.',
  4: 'A path that was to be read is missing or unreadable.',
  70: 'A fault in Sluice itself.',
  130: 'Interrupted before the work was done; running it again goes on from there.',
}

interface ErrorDeclaration {
  readonly exitCode: ExitCode
  /** What has happened, in one sentence, without the particulars of one occurrence. */
  readonly meaning: string
  /** What the reader can do about it; an occurrence may say something more precise. */
  readonly action: string
}

/** Every coded error. The documentation is generated from this table. */
export const errorCodes = {
  SLUICE_SETTINGS_INVALID: {
    exitCode: exitCodes.usage,
    meaning: 'A setting is unknown, or its value is not allowed.',
    action: 'Correct the setting that is named; docs/configuration.md lists all of them.',
  },
  SLUICE_USAGE: {
    exitCode: exitCodes.usage,
    meaning: 'The command line cannot be understood.',
    action: 'Run the command with --help.',
  },
  SLUICE_CONFIRMATION_REQUIRED: {
    exitCode: exitCodes.usage,
    meaning: 'The command deletes data and was not confirmed.',
    action: 'Repeat the command with --yes if everything is to be deleted.',
  },
  SLUICE_LOG_TYPE_INVALID: {
    exitCode: exitCodes.usage,
    meaning: 'A log type declaration is not valid.',
    action: 'Correct the file that is named and run `sluice log-types check`.',
  },
  SLUICE_TABLE_LOCKED: {
    exitCode: exitCodes.service,
    meaning: 'A table cannot be given a column or a rollup, or lose a rollup, because others keep it locked.',
    action:
      'See in pg_stat_activity who holds the table in a long transaction, end that, and run the command again.',
  },
  SLUICE_HTTP_LISTEN_FAILED: {
    exitCode: exitCodes.usage,
    meaning: 'The address for metrics and health cannot be listened on.',
    action: 'Set SLUICE_HTTP_HOST and SLUICE_HTTP_PORT to a free address; port 0 takes any free port.',
  },
  SLUICE_POSTGRES_UNREACHABLE: {
    exitCode: exitCodes.service,
    meaning: 'PostgreSQL does not answer, or refuses the connection.',
    action: 'Check that the server runs and that DATABASE_URL names its host, port, database and user.',
  },
  SLUICE_POSTGRES_TOO_OLD: {
    exitCode: exitCodes.service,
    meaning: 'The PostgreSQL server is older than version 15.',
    action: 'Use PostgreSQL 15 or newer.',
  },
  SLUICE_REDIS_UNREACHABLE: {
    exitCode: exitCodes.service,
    meaning: 'Redis does not answer, or refuses the connection.',
    action: 'Check that the server runs and that REDIS_URL names its host, port and credentials.',
  },
  SLUICE_REDIS_TOO_OLD: {
    exitCode: exitCodes.service,
    meaning: 'The Redis server is older than version 7.0.',
    action: 'Use Redis 7.0 or newer, or Valkey.',
  },
  SLUICE_REDIS_EVICTS: {
    exitCode: exitCodes.service,
    meaning: 'Redis may evict keys when its memory is full, and would drop batches that are still in flight.',
    action: 'Set maxmemory-policy to noeviction.',
  },
  SLUICE_SCHEMA_MISSING: {
    exitCode: exitCodes.service,
    meaning: 'The database does not have the tables, or not all of their migrations.',
    action: 'Run `sluice migrate`.',
  },
  SLUICE_SCHEMA_NEWER: {
    exitCode: exitCodes.service,
    meaning: 'The database was migrated by a newer version of Sluice than this one.',
    action: 'Run the newer version; migrations are never taken back.',
  },
  SLUICE_PATH_NOT_FOUND: {
    exitCode: exitCodes.input,
    meaning: 'A path to read does not exist, or a pattern matches no file.',
    action: 'Check the spelling and the working directory.',
  },
  SLUICE_PATH_UNREADABLE: {
    exitCode: exitCodes.input,
    meaning: 'A path to read exists but cannot be read.',
    action: 'Give the user that runs Sluice permission to read it.',
  },
  SLUICE_UNBALANCED: {
    exitCode: exitCodes.checkFailed,
    meaning: 'The lines that were read are not all indexed or set aside, each exactly once.',
    action: 'Run `sluice reconcile` and `sluice status` to see where the difference is.',
  },
  SLUICE_INGEST_STUCK: {
    exitCode: exitCodes.checkFailed,
    meaning:
      'Chunks of lines do not arrive in the tables, however often they are published again, or cannot be.',
    action: 'Look at the warnings and at `sluice status`; running the command again goes on from there.',
  },
  SLUICE_REPROCESS_INCOMPLETE: {
    exitCode: exitCodes.checkFailed,
    meaning:
      'Not all batches that were asked for could be parsed again. The rows of the others are as they were.',
    action:
      'Put back the files that are named, or say with --search where they are now, and run the command again: it goes on from there.',
  },
  SLUICE_ROWS_EXPIRED: {
    exitCode: exitCodes.checkFailed,
    meaning: 'Rows that were to be parsed again have left their table, because of their age.',
    action: 'Put their days back with `sluice partitions restore`, and run the command again.',
  },
  SLUICE_PARTITION_BUSY: {
    exitCode: exitCodes.checkFailed,
    meaning: 'Writers or readers did not let go of a table for long enough to take a day out of it.',
    action: 'Run the command again when fewer queries read all days; what is done stays done.',
  },
  SLUICE_RETENTION_FAILED: {
    exitCode: exitCodes.checkFailed,
    meaning: 'A day that is older than its log type keeps it could not be taken out of its table.',
    action:
      'Mend what is named, a full disk or a missing directory, and run the command again. No row is lost.',
  },
  SLUICE_COLD_FILE_UNUSABLE: {
    exitCode: exitCodes.input,
    meaning: 'The file of an exported day is missing, or is not what was written.',
    action: 'Put the file back from a copy, under the name that is shown. Nothing was changed.',
  },
  SLUICE_INTERRUPTED: {
    exitCode: exitCodes.interrupted,
    meaning: 'The command was interrupted before its work was done.',
    action: 'Run it again: it goes on from what is recorded.',
  },
  SLUICE_WORKER_DIES: {
    exitCode: exitCodes.internal,
    meaning: 'The process that parses and indexes beside the reader died several times in a row.',
    action:
      'If it ended with SIGKILL, the kernel or the container most likely ran out of memory: give it more. Otherwise report it with what it printed; no line is lost.',
  },
  SLUICE_INTERNAL: {
    exitCode: exitCodes.internal,
    meaning: 'Something happened that Sluice does not expect.',
    action: 'Report it with the text of the error; no line is lost, running again goes on from there.',
  },
} as const satisfies Record<`SLUICE_${string}`, ErrorDeclaration>

export type ErrorCode = keyof typeof errorCodes
