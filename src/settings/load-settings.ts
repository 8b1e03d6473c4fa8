import convict from 'convict'
import { maskSecrets, rememberSecretsOf } from '../errors/safe-text.js'
import { describeCause, SluiceError } from '../errors/sluice-error.js'
import { findContradictions } from './cross-checks.js'
import type { Settings, SettingsOverrides } from './declaration.js'
import { findUnknownVariables, readEnvironment } from './environment.js'
import { registerFormat } from './formats.js'
import { type SettingsProblem, showValue, throwOnProblems } from './problems.js'
import { settingList } from './setting-list.js'
import { readSettingsFile } from './settings-file.js'

export interface SettingsSources {
  /** Default: the environment of the process. */
  readonly env?: NodeJS.ProcessEnv | undefined
  /** The settings file; default: the one that SLUICE_CONFIG_FILE names, if any. */
  readonly file?: string | undefined
  /** What the command line says. */
  readonly overrides?: SettingsOverrides | undefined
}

/**
 * The settings of this process: defaults, then the file, then the environment, then the command line, each
 * winning over the ones before. Called once at start; anything unknown or not allowed is refused with
 * SLUICE_SETTINGS_INVALID, which names everything that is wrong.
 */
export function loadSettings({ env = process.env, file, overrides = {} }: SettingsSources = {}): Settings {
  const problems: SettingsProblem[] = findUnknownVariables(env)
  const fromEnvironment = readEnvironment(env, problems)
  const settingsFile = file ?? (env.SLUICE_CONFIG_FILE === '' ? undefined : env.SLUICE_CONFIG_FILE)
  const fromFile = settingsFile === undefined ? new Map() : readSettingsFile(settingsFile, problems)
  const config = convict(convictSchema(), { env: { ...fromEnvironment }, args: [] })
  for (const { path, env: name, section, key } of settingList) {
    const override = overriding(overrides, section, key)
    if (override !== undefined) config.set(path, override)
    else if (fromEnvironment[name] === undefined && fromFile.has(path)) config.set(path, fromFile.get(path))
  }
  for (const listed of settingList) {
    const value: unknown = config.get(listed.path)
    if (listed.declared.secret === true && typeof value === 'string') rememberSecretsOf(value)
    if (listed.declared.format.read(value) !== undefined) continue
    problems.push({
      message: `${listed.path} (${listed.env}) is not allowed`,
      expected: listed.declared.format.expected,
      got: showValue(listed, value),
    })
  }
  throwOnProblems(problems)
  return finish(config)
}

/** The declaration in the form in which convict takes it. */
function convictSchema(): convict.Schema<Record<string, unknown>> {
  const schema: Record<string, Record<string, convict.SchemaObj<unknown>>> = {}
  for (const { section, key, env, declared } of settingList) {
    schema[section] ??= {}
    schema[section][key] = {
      doc: declared.doc,
      default: declared.default,
      format: registerFormat(declared.format),
      env,
      sensitive: declared.secret === true,
    }
  }
  return schema
}

function overriding(overrides: SettingsOverrides, section: string, key: string): unknown {
  const sections: Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>> = overrides
  return sections[section]?.[key]
}

function finish(config: convict.Config<Record<string, unknown>>): Settings {
  try {
    config.validate({ allowed: 'strict' })
  } catch (error) {
    throw new SluiceError('SLUICE_SETTINGS_INVALID', maskSecrets(describeCause(error)))
  }
  // The schema is made of the same declaration as the type, and every value has passed its format.
  const settings = config.getProperties() as unknown as Settings
  throwOnProblems(findContradictions(settings))
  return freezeDeep(settings)
}

function freezeDeep<T extends object>(value: T): T {
  for (const inner of Object.values(value)) {
    if (typeof inner === 'object' && inner !== null) freezeDeep(inner)
  }
  return Object.freeze(value)
}
