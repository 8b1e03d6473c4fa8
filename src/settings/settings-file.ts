import { readFileSync } from 'node:fs'
import { parse } from 'yaml'
import { describeCause, SluiceError } from '../errors/sluice-error.js'
import { findNearestName } from './nearest-name.js'
import type { SettingsProblem } from './problems.js'
import { settingList } from './setting-list.js'

/** The values of a settings file (YAML, of which JSON is a part), by the path of the setting. */
export function readSettingsFile(file: string, problems: SettingsProblem[]): ReadonlyMap<string, unknown> {
  return listFileValues(parseFile(file), file, problems)
}

function parseFile(file: string): unknown {
  let content: string
  try {
    content = readFileSync(file, 'utf8')
  } catch (error) {
    throw new SluiceError('SLUICE_SETTINGS_INVALID', `the settings file ${file} cannot be read`, {
      got: describeCause(error),
    })
  }
  try {
    return parse(content)
  } catch (error) {
    throw new SluiceError('SLUICE_SETTINGS_INVALID', `the settings file ${file} is neither YAML nor JSON`, {
      // Only the first line: the parser goes on with an excerpt of the file, which may hold a password.
      got: describeCause(error).split('\n')[0]?.replace(/:$/, ''),
    })
  }
}

function listFileValues(
  content: unknown,
  file: string,
  problems: SettingsProblem[],
): ReadonlyMap<string, unknown> {
  const values = new Map<string, unknown>()
  // An empty file is one in which everything is commented out.
  if (content === null || content === undefined) return values
  if (!isMapping(content)) {
    problems.push({
      message: `the settings file ${file} is not a mapping`,
      expected: 'sections with settings',
    })
    return values
  }
  const sections = new Set(settingList.map(({ section }) => section))
  const paths = new Set(settingList.map(({ path }) => path))
  for (const [section, settings] of Object.entries(content)) {
    if (!sections.has(section)) {
      problems.push(unknownKey(section, [...sections], file))
    } else if (!isMapping(settings)) {
      problems.push({ message: `${section} in ${file} is not a section`, expected: 'settings below it' })
    } else {
      for (const [key, value] of Object.entries(settings)) {
        const path = `${section}.${key}`
        if (paths.has(path)) values.set(path, value)
        else problems.push(unknownKey(path, [...paths], file))
      }
    }
  }
  return values
}

function unknownKey(path: string, known: readonly string[], file: string): SettingsProblem {
  const nearest = findNearestName(path, known)
  return {
    message: `${path} in ${file} is no setting`,
    hint: nearest === undefined ? undefined : `did you mean ${nearest}?`,
  }
}

function isMapping(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
