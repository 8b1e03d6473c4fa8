import { readFileSync } from 'node:fs'
import { describeCause } from '../errors/sluice-error.js'
import { findNearestName } from './nearest-name.js'
import type { SettingsProblem } from './problems.js'
import { type ListedSetting, settingList } from './setting-list.js'

/** Names that begin like a setting and are none. */
const namesWithOtherUse: ReadonlySet<string> = new Set(['SLUICE_CONFIG_FILE', 'SLUICE_SERVICES_DIRECTORY'])

// Kubernetes gives every container variables for each service of its namespace; a service called `sluice-reader`
// gives SLUICE_READER_SERVICE_HOST and its kin. Refusing them would refuse the start.
const kubernetesServiceName =
  /_SERVICE_(?:HOST|PORT(?:_[A-Z0-9_]+)?)$|_PORT_\d+_(?:TCP|UDP|SCTP)(?:_(?:PROTO|PORT|ADDR))?$/
const kubernetesServiceUrl = /^(?:tcp|udp|sctp):\/\//

/**
 * The settings that the environment gives, by variable name, with secrets read from their files. An empty
 * variable counts as absent: that is what an unset `${NAME:-}` of a compose file becomes.
 */
export function readEnvironment(
  env: NodeJS.ProcessEnv,
  problems: SettingsProblem[],
): Readonly<Record<string, string>> {
  const values: Record<string, string> = {}
  for (const listed of settingList) {
    const value = readVariable(listed, env, problems)
    if (value !== undefined) values[listed.env] = value
  }
  return values
}

function readVariable(
  { env: name, fileEnv }: ListedSetting,
  env: NodeJS.ProcessEnv,
  problems: SettingsProblem[],
): string | undefined {
  const direct = env[name] === '' ? undefined : env[name]
  const file = fileEnv === undefined || env[fileEnv] === '' ? undefined : env[fileEnv]
  if (file === undefined) return direct
  if (direct !== undefined) {
    problems.push({ message: `${name} and ${fileEnv} are both set`, expected: 'only one of them' })
    return undefined
  }
  try {
    const content = readFileSync(file, 'utf8').trim()
    if (content !== '') return content
    problems.push({ message: `${fileEnv} names an empty file`, got: file })
  } catch (error) {
    problems.push({ message: `${fileEnv} names a file that cannot be read`, got: describeCause(error) })
  }
  return undefined
}

/** Variables that look like settings and are none: most often a misspelt name, which would do nothing. */
export function findUnknownVariables(env: NodeJS.ProcessEnv): SettingsProblem[] {
  const known = settingList.flatMap((listed) => [
    listed.env,
    ...(listed.fileEnv === undefined ? [] : [listed.fileEnv]),
  ])
  const knownSet = new Set(known)
  const suggested = [...known, ...namesWithOtherUse].filter((name) => name.startsWith('SLUICE_'))
  return Object.keys(env)
    .filter((name) => name.startsWith('SLUICE_') && !knownSet.has(name) && !namesWithOtherUse.has(name))
    .filter((name) => !kubernetesServiceName.test(name) && !kubernetesServiceUrl.test(env[name] ?? ''))
    .map((name) => {
      const nearest = findNearestName(name, suggested)
      return {
        message: `${name} is no setting`,
        hint: nearest === undefined ? undefined : `did you mean ${nearest}?`,
      }
    })
}
