import type { Role } from '../../../src/app/roles.js'
import { startTcpProxy, type TcpProxy } from '../../test/tcp-proxy.js'
import type { Server } from './actions.js'

/** A way of its own from each role to each server. */
export interface Network {
  /** The servers as processes of this role reach them. */
  environmentOf(role: Role): { DATABASE_URL: string; REDIS_URL: string }
  between(role: Role, server: Server): TcpProxy
  close(): Promise<void>
}

export async function openNetwork(databaseUrl: string, redisUrl: string): Promise<Network> {
  const ways = new Map<string, TcpProxy>()
  for (const role of ['reader', 'parser', 'indexer']) {
    ways.set(`${role} redis`, await startTcpProxy(redisUrl))
    ways.set(`${role} postgres`, await startTcpProxy(databaseUrl))
  }
  const between = (role: Role, server: Server): TcpProxy => {
    const way = ways.get(`${role} ${server}`)
    if (way === undefined) throw new TypeError(`no way from ${role} to ${server}`)
    return way
  }
  return {
    environmentOf: (role) => ({
      DATABASE_URL: between(role, 'postgres').url,
      REDIS_URL: between(role, 'redis').url,
    }),
    between,
    async close() {
      for (const way of ways.values()) await way.cut().catch(() => undefined)
    },
  }
}
