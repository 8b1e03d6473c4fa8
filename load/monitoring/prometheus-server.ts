import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type LocalConfigurationOptions, renderLocalConfiguration } from './local-configuration.js'
import { requirePrometheusBinary } from './prometheus-binary.js'
import { type SupervisedServer, startSupervisedServer } from './supervised-server.js'

/** A real Prometheus with the project's own configuration and rules, which watches itself too; its data goes into `directory`. */
export async function startPrometheus({
  directory,
  targets,
  intervalMs,
}: LocalConfigurationOptions & { readonly directory: string }): Promise<SupervisedServer> {
  await mkdir(directory, { recursive: true })
  const file = join(directory, 'prometheus.yml')
  return startSupervisedServer({
    what: 'Prometheus',
    program: requirePrometheusBinary('prometheus'),
    args: async (address) => {
      await writeFile(
        file,
        renderLocalConfiguration({ targets: { ...targets, prometheus: [address] }, intervalMs }),
      )
      return [
        `--config.file=${file}`,
        `--storage.tsdb.path=${join(directory, 'data')}`,
        `--web.listen-address=${address}`,
      ]
    },
    readyPath: '/-/ready',
  })
}
