import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import type { Role } from '../../src/app/roles.js'
import { openInstallation, type RoleProcess, SHORT_WAITS } from '../installation/installation.js'
import { endProcess, type SluiceProcess, startProgram } from '../installation/sluice-process.js'
import { type EmbeddedServices, startEmbeddedServices } from '../services/services.js'
import { type ExporterJob, startExporters } from './exporters.js'
import type { LocalTargets } from './local-configuration.js'
import { PrometheusApi } from './prometheus-api.js'
import { startPrometheus } from './prometheus-server.js'
import type { SupervisedServer } from './supervised-server.js'

/** What docker-compose.yml starts, on this machine and without containers: all that a dashboard shows is real. */
export interface WatchedStack {
  readonly services: EmbeddedServices
  readonly prometheus: PrometheusApi
  readonly prometheusUrl: string
  readonly roles: readonly RoleProcess[]
  readonly exporters: readonly ExporterJob[]
  /** Writes log files into a folder that the reader follows, with these options of the generator, until it is through or ended. */
  generate(folder: string, options: readonly string[]): SluiceProcess
  /** kill -9, and another process in its place, where Prometheus looks for it. */
  replace(role: RoleProcess): Promise<RoleProcess>
  stop(): Promise<void>
}

export interface WatchedStackOptions {
  readonly intervalMs: number
  /** How many processes of each. */
  readonly replicas?: { readonly parser: number; readonly indexer: number }
  readonly env?: NodeJS.ProcessEnv
  readonly tell?: (line: string) => void
}

/** The waits of production: what is drawn should look as it does there. */
const ordinaryWaits: NodeJS.ProcessEnv = Object.fromEntries(
  Object.keys(SHORT_WAITS).map((name) => [name, undefined]),
)

export async function startWatchedStack(options: WatchedStackOptions): Promise<WatchedStack> {
  const { intervalMs, replicas = { parser: 1, indexer: 1 }, env = {}, tell = () => undefined } = options
  const undo: Array<() => Promise<unknown>> = []
  const started: SluiceProcess[] = []
  const stop = async (): Promise<void> => {
    await Promise.all(started.splice(0).map(endProcess))
    for (const step of undo.splice(0).reverse()) await step()
  }
  try {
    const services = await startEmbeddedServices()
    undo.push(() => services.stop())
    // Everything goes where the servers have their data: that is removed however this process ends.
    const { databaseUrl, redisUrl, directory } = services
    const logs = join(directory, 'logs')
    await mkdir(logs)
    const onStart = (process: SluiceProcess): void => {
      started.push(process)
    }
    const installation = openInstallation({
      databaseUrl,
      redisUrl,
      keyPrefix: 'sluice',
      env: { ...ordinaryWaits, SLUICE_READER_RESCAN_MS: '1000', ...env },
      onStart,
    })
    undo.push(async () => installation.redis.disconnect())
    const migrated = await installation.sluice(['migrate'])
    if (migrated.code !== 0) throw new Error(`sluice migrate failed:\n${migrated.stderr}`)

    const startRole = (role: Role, at?: NodeJS.ProcessEnv): Promise<RoleProcess> =>
      installation.startRole(role, role === 'reader' ? [logs] : [], at)
    const roles: RoleProcess[] = [await startRole('reader')]
    for (const role of ['parser', 'indexer'] as const)
      for (let replica = 0; replica < replicas[role]; replica++) roles.push(await startRole(role))
    tell(`${roles.map(({ role, httpUrl }) => `${role} ${httpUrl}`).join(', ')}`)

    const exporters = await startExporters(services)
    started.push(...Object.values(exporters).map(({ process }) => process))
    const prometheus = await startPrometheus({
      directory: join(directory, 'prometheus'),
      intervalMs,
      targets: addressesOf(roles, exporters),
    })
    started.push(prometheus.process)
    tell(`Prometheus ${prometheus.url}`)
    return {
      services,
      prometheus: new PrometheusApi(prometheus.url),
      prometheusUrl: prometheus.url,
      roles,
      exporters: Object.keys(exporters) as ExporterJob[],
      generate(folder, generatorOptions) {
        const generator = startProgram('dist/load/generate/main.js', [
          '--out',
          join(logs, folder),
          '--oracle',
          join(directory, `${folder}.oracle.json`),
          ...generatorOptions,
        ])
        started.push(generator)
        return generator
      },
      async replace(former) {
        const { role, httpUrl } = former
        if (role === 'all') throw new Error('roles run one by one here')
        await endProcess(former)
        return startRole(role, { SLUICE_HTTP_PORT: new URL(httpUrl).port })
      },
      stop,
    }
  } catch (error) {
    await stop()
    throw error
  }
}

function addressesOf(
  roles: readonly RoleProcess[],
  exporters: Partial<Record<ExporterJob, SupervisedServer>>,
): LocalTargets {
  const targets: Record<string, string[]> = {}
  for (const { role, httpUrl } of roles) targets[role] = [...(targets[role] ?? []), new URL(httpUrl).host]
  for (const [job, { address }] of Object.entries(exporters)) targets[job] = [address]
  return targets
}
