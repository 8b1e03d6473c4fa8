import { createHash } from 'node:crypto'
import { afterAll } from 'vitest'
import { createRedis } from '../../src/streams/client.js'
import { indexersGroup, parsersGroup, type TypeKeys, typeKeys } from '../../src/streams/keys.js'
import type { ScriptedRedis } from '../../src/streams/scripts/index.js'
import { testKeyPrefix, testRedisUrl } from './test-database.js'

const clients: ScriptedRedis[] = []
afterAll(() => {
  for (const client of clients.splice(0)) client.disconnect()
})

/** A client of the run's Redis, or of another one, closed after the last test of the file. */
export function testRedis(url = testRedisUrl()): ScriptedRedis {
  const client = createRedis({ url, commandTimeoutMs: 10_000 })
  clients.push(client)
  return client
}

/** A hash as of a batch, different for every name. */
export function hashOf(name: string): string {
  return createHash('sha256').update(name).digest('hex')
}

/** The streams of one type, which no other test uses, and the steps of the stages on them, in short. */
export class TestStreams {
  readonly keys: TypeKeys

  constructor(
    readonly redis: ScriptedRedis,
    logType = 'dns',
    prefix = testKeyPrefix(),
  ) {
    this.keys = typeKeys(prefix, logType)
  }

  async createGroups(): Promise<void> {
    const { raw, rows } = this.keys
    await this.redis.xgroup('CREATE', raw, parsersGroup, '0', 'MKSTREAM')
    await this.redis.xgroup('CREATE', rows, indexersGroup, '0', 'MKSTREAM')
  }

  /** Publishes an entry of 10 bytes under the hash of this name. */
  publish(name: string, body = 'body567'): ReturnType<ScriptedRedis['sluicePublish']> {
    const { raw, rows, batches, bytes } = this.keys
    return this.redis.sluicePublish(raw, rows, batches, bytes, hashOf(name), 'met', body)
  }

  /** Delivers everything new to a parser or an indexer and returns the entries' ids. */
  async deliver(stream: 'raw' | 'rows', consumer: string): Promise<string[]> {
    const group = stream === 'raw' ? parsersGroup : indexersGroup
    const reply = (await this.redis.xreadgroup(
      'GROUP',
      group,
      consumer,
      'COUNT',
      100,
      'STREAMS',
      this.keys[stream],
      '>',
    )) as Array<[string, Array<[string, string[]]>]> | null
    return (reply ?? []).flatMap(([, entries]) => entries.map(([id]) => id))
  }

  /** Hands over the raw entry, of 10 bytes, as a rows entry of 30 bytes. */
  handOff(id: string, name: string): Promise<0 | 1> {
    const { raw, rows, batches, bytes } = this.keys
    const parts = ['meta567890', 'rows5', 'dead567890', 'body5'] as const
    return this.redis.sluiceHandOff(raw, rows, batches, bytes, parsersGroup, id, 10, hashOf(name), ...parts)
  }

  acknowledge(...entries: ReadonlyArray<readonly [id: string, name: string]>): Promise<number> {
    const { raw, rows, batches, bytes } = this.keys
    const triples = entries.flatMap(([id, name]) => [id, hashOf(name), 30])
    return this.redis.sluiceAcknowledge(raw, rows, batches, bytes, indexersGroup, ...triples)
  }

  inStreams(...names: string[]): Promise<Array<0 | 1>> {
    const { raw, rows, batches } = this.keys
    return this.redis.sluiceInStreams(raw, rows, batches, ...names.map(hashOf))
  }

  /** What of a batch is on its way, and how many bytes the counter says are. */
  async state(): Promise<{
    raw: number
    rows: number
    dead: number
    registered: number
    bytes: string | null
  }> {
    const { redis, keys } = this
    const [raw, rows, dead, registered, bytes] = await Promise.all([
      redis.xlen(keys.raw),
      redis.xlen(keys.rows),
      redis.xlen(keys.dead),
      redis.hlen(keys.batches),
      redis.get(keys.bytes),
    ])
    return { raw, rows, dead, registered, bytes }
  }
}
