import { describeProblem } from '../log-types/declaration/declaration-error.js'
import type { LogTypeRegistry } from '../log-types/log-type.js'
import { loadLogTypesFrom } from '../log-types/registry.js'
import type { Settings } from '../settings/declaration.js'
import type { Logger } from '../telemetry/logger.js'

/** The active log types. With `logTypes.skipInvalid`, `logger` tells which declarations were left out, and why. */
export async function loadRegistry(settings: Settings, logger?: Logger): Promise<LogTypeRegistry> {
  const { registry, problems } = await loadLogTypesFrom(settings.logTypes)
  if (problems.length > 0) {
    logger?.warn(
      { problems: problems.map(describeProblem) },
      'Log type declarations are not valid and were left out.',
    )
  }
  return registry
}
