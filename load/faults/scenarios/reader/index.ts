import type { Scenario } from '../../scenario.js'

export const readerScenarios: readonly Scenario[] = []
