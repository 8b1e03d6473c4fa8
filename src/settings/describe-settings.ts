import { maskUrl } from '../errors/safe-text.js'
import type { Settings } from './declaration.js'
import { settingList } from './setting-list.js'

/** The settings by path, fit for a log: passwords in URLs are hidden. */
export function describeSettings(settings: Settings): Readonly<Record<string, unknown>> {
  const sections: Readonly<Record<string, Readonly<Record<string, unknown>>>> = settings
  return Object.fromEntries(
    settingList.map(({ section, key, path, declared }) => {
      const value = sections[section]?.[key]
      return [path, declared.secret === true && typeof value === 'string' ? maskUrl(value) : value]
    }),
  )
}
