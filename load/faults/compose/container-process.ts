import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { constants } from 'node:os'
import { type Exit, type SluiceProcess, superviseChild } from '../../installation/sluice-process.js'
import { dockerNow, project } from './docker.js'

/** In which directory the log files are: containers see it under the same path. */
export interface ContainerOptions {
  readonly directory: string
}

/** Settings that name a server by its address on this machine, and where it is on the network of the containers. */
const servers: Readonly<Record<string, string>> = { DATABASE_URL: 'postgres:5432', REDIS_URL: 'redis:6379' }

/** Starts `sluice` with `args` in a container of the stack, with the rights that docker-compose.yml gives it. */
export function startContainer(
  args: readonly string[],
  env: NodeJS.ProcessEnv,
  { directory }: ContainerOptions,
): SluiceProcess {
  const name = `${project}-${randomBytes(4).toString('hex')}`
  const settings = Object.entries(env)
    .filter(([key]) => key.startsWith('SLUICE_') || key in servers)
    .flatMap(([key, value = '']) => ['--env', `${key}=${key in servers ? inside(key, value) : value}`])
  const rights = [
    '--read-only',
    '--tmpfs',
    '/tmp',
    '--cap-drop',
    'ALL',
    '--security-opt',
    'no-new-privileges',
  ]
  // Whoever wrote the files can read them.
  const user = ['--user', `${process.getuid?.() ?? 1000}:${process.getgid?.() ?? 1000}`]
  const mount = ['--volume', `${directory}:${directory}`]
  const network = ['--network', `${project}_default`]
  const child = spawn(
    'docker',
    [
      'run',
      '--rm',
      '--name',
      name,
      '--hostname',
      name,
      ...network,
      ...rights,
      ...user,
      ...mount,
      ...settings,
      'sluice',
      ...args,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const kill = (signal: NodeJS.Signals | number = 'SIGTERM'): boolean => {
    try {
      dockerNow('kill', '--signal', String(signal), name)
      return true
    } catch {
      // It has ended meanwhile.
      return false
    }
  }
  return superviseChild(Object.assign(child, { kill }), {
    what: `sluice ${args.join(' ')} (container ${name})`,
    toExit: fromContainer,
    isConsumer: (consumer) => consumer.startsWith(`${name}-`),
    host: () =>
      dockerNow('inspect', '--format', '{{range .NetworkSettings.Networks}}{{.IPAddress}}{{end}}', name),
  })
}

function inside(key: string, url: string): string {
  const moved = new URL(url)
  moved.host = servers[key]!
  return moved.href
}

/** `docker run` ends with 128 and the signal's number where the process was ended by a signal. */
function fromContainer(exit: Exit): Exit {
  const signals = Object.entries(constants.signals) as [NodeJS.Signals, number][]
  const [signal] = signals.find(([, number]) => exit.code === 128 + number) ?? []
  return signal === undefined ? exit : { ...exit, code: null, signal }
}
