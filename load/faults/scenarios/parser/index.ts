import type { Scenario } from '../../scenario.js'
import { parserKilledBeforeHandOff } from './killed-before-hand-off.js'

export const parserScenarios: readonly Scenario[] = [parserKilledBeforeHandOff]
