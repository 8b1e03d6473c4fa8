import type { Settings } from './declaration.js'
import type { SettingsProblem } from './problems.js'

interface Order {
  readonly smaller: string
  readonly larger: string
  readonly because: string
  readonly values: (settings: Settings) => readonly [smaller: number, larger: number]
}

/** Pairs of settings of which one must not exceed the other. */
const orders: readonly Order[] = [
  {
    smaller: 'reader.maxLineBytes',
    larger: 'reader.chunkBytes',
    because: 'a chunk has to hold the longest line',
    values: ({ reader }) => [reader.maxLineBytes, reader.chunkBytes],
  },
  {
    smaller: 'reader.chunkBytes',
    larger: 'reader.maxStreamBytes',
    because: 'the streams have to hold at least one chunk',
    values: ({ reader }) => [reader.chunkBytes, reader.maxStreamBytes],
  },
  {
    smaller: 'postgres.lockTimeoutMs',
    larger: 'postgres.statementTimeoutMs',
    because: 'waiting for a lock is part of the statement',
    values: ({ postgres }) => [postgres.lockTimeoutMs, postgres.statementTimeoutMs],
  },
  {
    smaller: 'postgres.idleInTransactionTimeoutMs',
    larger: 'indexer.minIdleMs',
    because: 'the transaction of a stopped indexer has to end before its batches are taken over',
    values: ({ postgres, indexer }) => [postgres.idleInTransactionTimeoutMs, indexer.minIdleMs],
  },
  {
    smaller: 'parser.blockMs',
    larger: 'parser.minIdleMs',
    because: 'a parser that waits for work must not look silent',
    values: ({ parser }) => [parser.blockMs, parser.minIdleMs],
  },
  {
    smaller: 'indexer.blockMs',
    larger: 'indexer.minIdleMs',
    because: 'an indexer that waits for work must not look silent',
    values: ({ indexer }) => [indexer.blockMs, indexer.minIdleMs],
  },
  {
    smaller: 'indexer.partitionsMadeAheadDays',
    larger: 'indexer.partitionsDaysAhead',
    because: 'later days share one partition',
    values: ({ indexer }) => [indexer.partitionsMadeAheadDays, indexer.partitionsDaysAhead],
  },
  {
    smaller: 'indexer.indexQuietMs',
    larger: 'indexer.indexWithinMs',
    because: 'no partition would ever count as quiet',
    values: ({ indexer }) => [indexer.indexQuietMs, indexer.indexWithinMs],
  },
]

/** What is wrong between settings that are each right on their own. */
export function findContradictions(settings: Settings): SettingsProblem[] {
  return orders.flatMap(({ smaller, larger, because, values }) => {
    const [smallerValue, largerValue] = values(settings)
    if (smallerValue <= largerValue) return []
    return [
      {
        message: `${smaller} is larger than ${larger}`,
        expected: `${smaller} ≤ ${larger}, since ${because}`,
        got: `${smallerValue} > ${largerValue}`,
      },
    ]
  })
}

/** The same rules in words, for the documentation. */
export const contradictionRules: readonly string[] = orders.map(
  ({ smaller, larger, because }) => `\`${smaller}\` ≤ \`${larger}\`: ${because}.`,
)
