import type { Scenario } from '../../scenario.js'

export const indexerScenarios: readonly Scenario[] = []
