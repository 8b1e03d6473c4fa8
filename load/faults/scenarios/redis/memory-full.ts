import { pollUntil } from '../../../test/poll-until.js'
import { readMetric } from '../../read-metric.js'
import type { Scenario } from '../../scenario.js'

const filler = 'somebody-else'

export const redisMemoryFull: Scenario = {
  name: 'redis-memory-full',
  faults: [23],
  title: 'Somebody else fills Redis until it refuses every write that needs memory.',
  observe:
    '`sluice_reader_backpressure_active{cause="redis_memory"}` is 1 and `sluice_reader_unread_bytes` grows, while parsers and indexers go on: the streams drain.',
  discuss:
    'With an eviction policy, Redis would have made room by itself. What would it have thrown away, and who would have noticed?',
  recovery:
    'The reader stops well below the limit. Hand-off and acknowledgement are allowed above it, because they are what frees memory: the streams are emptied although Redis is full. Once there is room again the reader goes on where it stopped.',
  ownServers: { redis: { maxmemory: '24mb' } },
  async run(trial) {
    const { redis, key } = trial
    const [parser, indexer, reader] = await trial.startRoles({ parser: 1, indexer: 1, reader: 1 })
    if (!parser || !indexer || !reader) throw new TypeError('a role is missing')
    const oracle = trial.keepWriting({ linesPerSecond: 4000 })
    await trial.waitForLines(1000 + trial.random.below(3000), { intervalMs: 20 })
    // Parsers and indexers stand still until Redis is full: what they do then, they do without any memory left.
    for (const role of [parser, indexer]) role.process.kill('SIGSTOP')
    await pollUntil('batches wait for a parser', async () => (await redis.xlen(key('firewall', 'raw'))) > 5, {
      intervalMs: 20,
    })
    // It has more to read, and so will have to wait.
    reader.process.kill('SIGSTOP')
    let refusal = ''
    for (let size = 1 << 20; size >= 1 << 8; size >>= 1) {
      refusal = ''
      while (refusal === '') {
        await redis.append(filler, Buffer.alloc(size)).catch((error: Error) => {
          refusal = error.message
        })
      }
    }
    if (!refusal.startsWith('OOM')) throw new Error(`Redis is not full, but says ${refusal}`)
    const waiting = await redis.xlen(key('firewall', 'raw'))
    trial.tell(`Redis says: ${refusal}; ${waiting} firewall batches wait for a parser`)
    if (waiting === 0) throw new Error('no batch waits for a parser')
    for (const role of [parser, indexer, reader]) role.process.kill('SIGCONT')
    await pollUntil(
      'the reader pauses',
      async () => readMetric(reader, 'sluice_reader_backpressure_active', { cause: 'redis_memory' }),
      { timeoutMs: 60_000 },
    )
    await pollUntil(
      'the streams drain although Redis is full',
      async () => {
        const left = await Promise.all(
          (['raw', 'rows'] as const).map((stream) => redis.xlen(key('firewall', stream))),
        )
        return left.every((entries) => entries === 0)
      },
      { timeoutMs: 60_000 },
    )
    const committed = await trial.committedLines()
    trial.tell(`the streams are empty, ${committed} lines are committed, and the reader waits`)
    await redis.del(filler)
    return { oracle: await oracle }
  },
}
