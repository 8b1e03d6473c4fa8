import { SluiceError } from '../errors/sluice-error.js'
import type { ListedSetting } from './setting-list.js'

/** One thing that is wrong with the settings. */
export interface SettingsProblem {
  /** What is wrong, beginning with the path of the key or the name of the variable. */
  readonly message: string
  readonly expected?: string | undefined
  readonly got?: string | undefined
  readonly hint?: string | undefined
}

/** Everything that is wrong at once: who corrects settings one by one restarts as often. */
export function throwOnProblems(problems: readonly SettingsProblem[]): void {
  const [first, ...others] = problems
  if (first === undefined) return
  if (others.length === 0) throw new SluiceError('SLUICE_SETTINGS_INVALID', first.message, first)
  throw new SluiceError('SLUICE_SETTINGS_INVALID', `${problems.length} settings are not right`, {
    details: problems.map(describeProblem),
  })
}

function describeProblem({ message, expected, got, hint }: SettingsProblem): string {
  const more = [
    expected === undefined ? [] : [`expected ${expected}`],
    got === undefined ? [] : [`got ${got}`],
    hint === undefined ? [] : [hint],
  ].flat()
  return more.length === 0 ? message : `${message}: ${more.join(', ')}`
}

/** A refused value as it may be shown. A secret that is no URL cannot be masked in part, so none of it is. */
export function showValue({ declared }: ListedSetting, value: unknown): string {
  if (declared.secret === true) return 'a value that is not shown, since it may hold a password'
  const shown = JSON.stringify(value) ?? String(value)
  return shown.length > 200 ? `${shown.slice(0, 200)}…` : shown
}
