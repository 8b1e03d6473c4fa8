import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { NaiveResult } from '../../naive/run-naive.js'
import { withClient } from '../../services/postgres-server.js'
import { COPY_FORMATS, type CopyFormat } from '../copy-limit/encode-rows.js'
import { type PreparedRows, prepareRows } from '../copy-limit/prepare-rows.js'
import { runCopyLimit } from '../copy-limit/run-copy-limit.js'
import type { BenchEnvironment, GeneratedLogs } from '../environment.js'
import { createExerciseTables } from '../exercise-tables.js'
import { LEVEL_NAMES, type LevelName } from '../levels/level.js'
import { LEVELS } from '../levels/levels.js'
import { runLevel } from '../levels/run-level.js'
import { runProgram } from '../run-program.js'
import type { Contestant } from './contestant.js'
import { checkResult, ingestLogs } from './run-sluice.js'

/** The COPY that the others are measured against. */
export const COPY_LIMIT_ID = 'copy-text-2'
export const NAIVE_ID = 'naive'
export const SLUICE_ID = 'sluice'

const VERIFIED_ROWS_PER_TYPE = 2000

export interface ContestLines {
  /** Their speed does not depend on how many lines there are, so that they need not take them all. */
  readonly naiveLines: number
  readonly levelLines: number
}

/** All contestants, in the order in which the table shows them. */
export async function createContestants(
  environment: BenchEnvironment,
  logs: GeneratedLogs,
  { naiveLines, levelLines }: ContestLines,
): Promise<Contestant[]> {
  const directory = join(environment.root, 'copy')
  await mkdir(directory, { recursive: true })
  environment.log('encoding the rows for COPY')
  const prepared = await prepareRows(logs.oracle, COPY_FORMATS, directory)
  return [
    createNaive(environment, logs, naiveLines),
    ...LEVEL_NAMES.map((name) => createLevel(name, logs, levelLines)),
    ...COPY_FORMATS.flatMap((format) =>
      [1, 2].map((connections) => createCopy(format, connections, prepared)),
    ),
    createSluice(environment, logs),
  ]
}

function createNaive(environment: BenchEnvironment, { paths }: GeneratedLogs, lines: number): Contestant {
  return {
    id: NAIVE_ID,
    title: 'naive',
    group: 'naive',
    async run({ env }) {
      const args = ['--lines', String(lines), ...paths]
      const { output } = await runProgram('load/naive/main.js', args, env, environment)
      const { rows, seconds, messageBytes } = JSON.parse(output) as NaiveResult
      return { rows, seconds, messages: rows, messageBytes }
    },
  }
}

function createLevel(name: LevelName, { paths }: GeneratedLogs, lines: number): Contestant {
  return {
    id: `level-${name}`,
    title: LEVELS[name].title,
    group: 'level',
    run: ({ databaseUrl, redisUrl }) => runLevel({ level: name, databaseUrl, redisUrl, paths, lines }),
  }
}

function createCopy(format: CopyFormat, connections: number, prepared: readonly PreparedRows[]): Contestant {
  const rows = prepared.filter((table) => table.format === format)
  return {
    id: `copy-${format}-${connections}`,
    title: `COPY, ${format}, ${connections === 1 ? '1 connection' : `${connections} connections`}`,
    group: 'copy',
    async run({ databaseUrl }) {
      await withClient(databaseUrl, createExerciseTables)
      return runCopyLimit(databaseUrl, rows, connections)
    },
  }
}

function createSluice(environment: BenchEnvironment, logs: GeneratedLogs): Contestant {
  return {
    id: SLUICE_ID,
    title: 'Sluice',
    group: 'sluice',
    async run(servers) {
      const ingest = await ingestLogs(servers, logs, environment)
      const { indexed: rows, seconds } = ingest
      const check = async () => ({
        ...ingest,
        ...(await checkResult(servers, logs, VERIFIED_ROWS_PER_TYPE, environment)),
      })
      return { rows, seconds, check }
    },
  }
}
