import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Role } from '../../src/app/roles.js'
import type { GenerateOptions } from '../generate/options.js'
import type { Oracle } from '../generate/oracle.js'
import { createRandom, type Random } from '../generate/random.js'
import { type WriteOptions, writeLogs } from '../generate/write-logs.js'
import { type Installation, openInstallation, type RoleProcess } from '../installation/installation.js'
import { endProcess, type SluiceProcess } from '../installation/sluice-process.js'
import { createDatabase, dropDatabase, type EmbeddedServices } from '../services/services.js'

/** One run of one scenario: an installation, its log directory, and everything that happened. */
export interface Trial extends Installation {
  readonly seed: number
  /** What the scenario decides at random; the same seed decides the same. */
  readonly random: Random
  readonly services: EmbeddedServices
  /** Where the scenario's log files are; the reader follows it. */
  readonly logs: string
  /** The roles that were started and got through their start. */
  readonly roles: readonly RoleProcess[]
  /** Everything that was started, in order. */
  readonly processes: readonly SluiceProcess[]
  /** For the timeline, which is shown with --verbose and kept when the scenario fails. */
  tell(what: string): void
  /** Starts so many of each at once, and waits until they run; readers follow `logs`. */
  startRoles(counts: Partial<Record<Role, number>>, env?: NodeJS.ProcessEnv): Promise<RoleProcess[]>
  /** Writes files at once. */
  writeLogs(options?: LoadOptions): Promise<Oracle>
  /** Writes files at a pace: what is done meanwhile is done under load. Await the result before the end. */
  keepWriting(options?: LoadOptions): Promise<Oracle>
  /** Writes a file of the scenario's own making. */
  writeLog(name: string, content: string | Buffer): Promise<string>
}

export type LoadOptions = Partial<GenerateOptions> & Pick<WriteOptions, 'linesPerSecond' | 'rotation'>

/** As StartCommand; `directory` is where the trial's files are. */
export type StartTrialCommand = (
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  directory: string,
) => SluiceProcess

export interface TrialOptions {
  readonly name: string
  readonly seed: number
  readonly directory: string
  readonly services: EmbeddedServices
  readonly launcher?: readonly string[]
  readonly startCommand?: StartTrialCommand
  readonly onTell: (line: string) => void
}

const defaultLoad = { lines: 40_000, files: 2, hostilePercent: 0.5 }
/** Fast enough to keep every stage busy, slow enough that a fault falls into the middle of it. */
const defaultLinesPerSecond = 10_000

let databases = 0

/** @returns the trial, and what ends it: kills what still runs and drops the database. */
export async function openTrial(
  options: TrialOptions,
): Promise<{ trial: Trial; close: () => Promise<void> }> {
  const { name, seed, directory, services, startCommand, onTell } = options
  const logs = join(directory, 'logs')
  await mkdir(directory, { recursive: true })
  const database = `trial_${databases++}_${name.replaceAll('-', '_')}`.slice(0, 60)
  const databaseUrl = await createDatabase(services.databaseUrl, database)
  const processes: SluiceProcess[] = []
  const roles: RoleProcess[] = []
  const beganMs = performance.now()
  const tell = (what: string) => onTell(`${((performance.now() - beganMs) / 1000).toFixed(2)} s  ${what}`)
  const installation = openInstallation({
    databaseUrl,
    redisUrl: services.redisUrl,
    keyPrefix: `trial-${databases}`,
    ...(options.launcher && { launcher: options.launcher }),
    ...(startCommand && { startCommand: (args, env) => startCommand(args, env, directory) }),
    // Small chunks: many batches are on their way at any moment.
    env: {
      SLUICE_READER_CHUNK_LINES: '500',
      SLUICE_LOG_LEVEL: 'info',
      // A busy machine must not make a pause of the writer's look like the end of a line.
      SLUICE_READER_PARTIAL_LINE_MS: '2000',
    },
    onStart(started) {
      processes.push(started)
      tell(`started ${started.what} (process ${started.process.pid})`)
    },
  })
  const write = (load: LoadOptions = {}, pace?: number): Promise<Oracle> => {
    const { linesPerSecond = pace, rotation, ...rest } = load
    return writeLogs(
      { ...defaultLoad, seed, ...rest },
      {
        directory: logs,
        ...(linesPerSecond !== undefined && { linesPerSecond }),
        ...(rotation !== undefined && { rotation }),
      },
    )
  }
  const startRole: Installation['startRole'] = async (...args) => {
    const started = await installation.startRole(...args)
    roles.push(started)
    return started
  }
  const trial: Trial = {
    ...installation,
    startRole,
    roles,
    seed,
    random: createRandom(seed),
    services,
    logs,
    processes,
    tell,
    startRoles(counts, env) {
      const starts = Object.entries(counts).flatMap(([role, count]) =>
        Array.from({ length: count }, () => startRole(role as Role, role === 'reader' ? [logs] : [], env)),
      )
      return Promise.all(starts)
    },
    writeLogs: (load) => write(load),
    keepWriting(load) {
      const written = write(load, defaultLinesPerSecond)
      // Of a scenario that fails nobody awaits it any more.
      written.catch(() => undefined)
      return written
    },
    async writeLog(file, content) {
      await mkdir(logs, { recursive: true })
      const path = join(logs, file)
      await writeFile(path, content)
      return path
    },
  }
  return {
    trial,
    async close() {
      await Promise.all(processes.map(endProcess))
      installation.redis.disconnect()
      await dropDatabase(services.databaseUrl, database).catch(() => undefined)
    },
  }
}
