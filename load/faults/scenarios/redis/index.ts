import type { Scenario } from '../../scenario.js'

export const redisScenarios: readonly Scenario[] = []
