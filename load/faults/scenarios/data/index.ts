import type { Scenario } from '../../scenario.js'

export const dataScenarios: readonly Scenario[] = []
