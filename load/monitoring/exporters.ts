import type { Services } from '../services/services.js'
import { findPrometheusBinary, type PrometheusProgram } from './prometheus-binary.js'
import { type ServerOptions, type SupervisedServer, startSupervisedServer } from './supervised-server.js'

/** The jobs of prometheus.yml that exporters serve, and what their metrics begin with. */
export const exporterJobs = {
  redis: { program: 'redis-exporter', prefix: 'redis_' },
  postgres: { program: 'postgres-exporter', prefix: 'pg_' },
  node: { program: 'node-exporter', prefix: 'node_' },
} as const satisfies Record<string, { program: PrometheusProgram; prefix: string }>

export type ExporterJob = keyof typeof exporterJobs

/** Starts those exporters that this machine has, with the options that they have in docker-compose.yml. */
export async function startExporters(
  services: Pick<Services, 'databaseUrl' | 'redisUrl'>,
): Promise<Partial<Record<ExporterJob, SupervisedServer>>> {
  const started: Partial<Record<ExporterJob, SupervisedServer>> = {}
  for (const job of Object.keys(exporterJobs) as ExporterJob[]) {
    const program = findPrometheusBinary(exporterJobs[job].program)
    if (program === undefined) continue
    started[job] = await startSupervisedServer({
      what: `the exporter of ${job}`,
      program,
      readyPath: '/metrics',
      ...optionsOf(job, services),
    })
  }
  return started
}

function optionsOf(
  job: ExporterJob,
  { databaseUrl, redisUrl }: Pick<Services, 'databaseUrl' | 'redisUrl'>,
): Pick<ServerOptions, 'args' | 'env'> {
  const listen = (address: string): string => `--web.listen-address=${address}`
  switch (job) {
    case 'redis': {
      const { host, password } = new URL(redisUrl)
      return {
        args: (address) => [listen(address)],
        env: { REDIS_ADDR: `redis://${host}`, REDIS_PASSWORD: decodeURIComponent(password) },
      }
    }
    case 'postgres':
      return {
        args: (address) => [listen(address)],
        env: { DATA_SOURCE_NAME: `${databaseUrl}?sslmode=disable` },
      }
    case 'node':
      return {
        // The root of this machine can be of a type that the exporter leaves out, as a container's is.
        args: (address) => [
          listen(address),
          '--collector.disable-defaults',
          '--collector.filesystem',
          '--collector.filesystem.fs-types-exclude=^$',
        ],
      }
  }
}
