import type { Installation } from '../installation/installation.js'
import type { SluiceProcess } from '../installation/sluice-process.js'
import { streamedTypes } from '../installation/streamed-types.js'
import { pollUntil } from './poll-until.js'

const CONSUMES = { parser: ['raw', 'parsers'], indexer: ['rows', 'indexers'] } as const

export interface Consumer {
  readonly logType: string
  readonly name: string
  readonly pending: number
}

/** The consumers of a stage over the streams of all types. */
export async function listConsumers(
  { redis, key }: Pick<Installation, 'redis' | 'key'>,
  stage: keyof typeof CONSUMES,
): Promise<Consumer[]> {
  const [stream, group] = CONSUMES[stage]
  const consumers: Consumer[] = []
  for (const logType of streamedTypes) {
    const reply = (await redis.xinfo('CONSUMERS', key(logType, stream), group)) as (string | number)[][]
    for (const fields of reply) {
      const value = (name: string) => fields[fields.indexOf(name) + 1]
      consumers.push({ logType, name: String(value('name')), pending: Number(value('pending')) })
    }
  }
  return consumers
}

/** Entries of a type in the stream of a stage that none of its consumers was given yet. */
export async function countUndelivered(
  { redis, key }: Pick<Installation, 'redis' | 'key'>,
  stage: keyof typeof CONSUMES,
  logType: string,
): Promise<number> {
  const [stream, group] = CONSUMES[stage]
  const [pending] = (await redis.xpending(key(logType, stream), group)) as [number]
  return (await redis.xlen(key(logType, stream))) - pending
}

/** Consumers of this process: their names hold its number. */
export function consumersOf(consumers: readonly Consumer[], one: SluiceProcess): Consumer[] {
  return consumers.filter(({ name }) => one.isConsumer(name))
}

/** Stops (not ends) one of the processes at a moment at which it has entries in hand, and returns it. */
export function waitForPendingAndStop<T extends SluiceProcess>(
  installation: Pick<Installation, 'redis' | 'key'>,
  stage: keyof typeof CONSUMES,
  processes: readonly T[],
): Promise<T> {
  return pollUntil(
    `a ${stage} has work in hand`,
    async () => {
      for (const candidate of processes) {
        candidate.process.kill('SIGSTOP')
        let holdsSome = false
        try {
          const own = consumersOf(await listConsumers(installation, stage), candidate)
          holdsSome = own.some(({ pending }) => pending > 0)
        } finally {
          // Also without an answer: who is stopped does not create the group that is asked for.
          if (!holdsSome) candidate.process.kill('SIGCONT')
        }
        if (holdsSome) return candidate
      }
      return undefined
    },
    { intervalMs: 10, timeoutMs: 30_000 },
  )
}
