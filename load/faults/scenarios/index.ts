import type { Scenario } from '../scenario.js'
import { dataScenarios } from './data/index.js'
import { indexerScenarios } from './indexer/index.js'
import { parserScenarios } from './parser/index.js'
import { postgresScenarios } from './postgres/index.js'
import { readerScenarios } from './reader/index.js'
import { redisScenarios } from './redis/index.js'

/** In the order in which docs/faults.md has them. */
export const scenarios: readonly Scenario[] = [
  ...readerScenarios,
  ...parserScenarios,
  ...indexerScenarios,
  ...redisScenarios,
  ...postgresScenarios,
  ...dataScenarios,
]
