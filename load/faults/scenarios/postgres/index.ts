import type { Scenario } from '../../scenario.js'

export const postgresScenarios: readonly Scenario[] = []
