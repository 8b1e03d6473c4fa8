import type { Redis } from 'ioredis'
import { acknowledge } from './acknowledge.js'
import { handOff } from './hand-off.js'
import { inStreams } from './in-streams.js'
import { leave } from './leave.js'
import { publish } from './publish.js'
import { refresh } from './refresh.js'
import { removeOrphans } from './remove-orphans.js'
import { setAside } from './set-aside.js'

type Argument = string | number | Buffer

/** The scripts as commands of a client; keys and arguments as each script's header lists them. */
export interface Scripts {
  sluicePublish(...args: Argument[]): Promise<[added: number, entries: number, bytes: number]>
  sluiceHandOff(...args: Argument[]): Promise<0 | 1>
  sluiceAcknowledge(...args: Argument[]): Promise<number>
  sluiceSetAside(...args: Argument[]): Promise<0 | 1>
  sluiceInStreams(...args: Argument[]): Promise<Array<0 | 1>>
  sluiceRefresh(...args: Argument[]): Promise<number>
  sluiceLeave(...args: Argument[]): Promise<number>
  sluiceRemoveOrphans(...args: Argument[]): Promise<number>
}

export type ScriptedRedis = Redis & Scripts

export function withScripts(client: Redis): ScriptedRedis {
  client.defineCommand('sluicePublish', { numberOfKeys: 4, lua: publish })
  client.defineCommand('sluiceHandOff', { numberOfKeys: 4, lua: handOff })
  client.defineCommand('sluiceAcknowledge', { numberOfKeys: 4, lua: acknowledge })
  client.defineCommand('sluiceSetAside', { numberOfKeys: 4, lua: setAside })
  client.defineCommand('sluiceInStreams', { numberOfKeys: 3, lua: inStreams })
  client.defineCommand('sluiceRefresh', { numberOfKeys: 1, lua: refresh })
  client.defineCommand('sluiceLeave', { numberOfKeys: 1, lua: leave })
  client.defineCommand('sluiceRemoveOrphans', { numberOfKeys: 3, lua: removeOrphans })
  return client as ScriptedRedis
}
