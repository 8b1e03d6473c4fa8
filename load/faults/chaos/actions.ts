import type { Role } from '../../../src/app/roles.js'

/** Where a process of a role has its place: `parser-2`. Who is killed is replaced in the same place. */
export interface Place {
  readonly role: Role
  readonly number: number
}

/** What the next process in a place is started with: a step of the protocol at which it dies or hangs. */
export type ArmedStart = { readonly failpoints?: string }

type Lasting = { readonly forMs: number }

/** One thing that goes wrong. What lasts is taken back after `forMs`, or when everything is healed. */
export type Action =
  | ({ readonly kind: 'kill'; readonly place: Place } & Lasting & ArmedStart)
  | ({ readonly kind: 'terminate'; readonly place: Place } & ArmedStart)
  | ({ readonly kind: 'stop'; readonly place: Place } & Lasting)
  | ({ readonly kind: 'add'; readonly place: Place } & ArmedStart)
  | { readonly kind: 'remove'; readonly place: Place }
  | ({ readonly kind: 'cut'; readonly role: Role; readonly server: Server } & Lasting)
  | { readonly kind: 'silence'; readonly role: Role; readonly server: Server }
  | ({ readonly kind: 'redis-kill' } & Lasting)
  | { readonly kind: 'redis-flush' }
  | ({ readonly kind: 'redis-pause' } & Lasting)
  | ({ readonly kind: 'redis-full'; readonly percentOfUsed: number } & Lasting)
  | { readonly kind: 'destroy-group'; readonly logType: string; readonly stage: 'parser' | 'indexer' }
  | ({ readonly kind: 'postgres-crash' } & Lasting)
  | { readonly kind: 'postgres-sessions' }
  | ({ readonly kind: 'postgres-lock'; readonly table: string } & Lasting)
  /** `at` in [0, 1) chooses among the files that are there and do not grow. */
  | { readonly kind: 'copy-file'; readonly at: number }
  | { readonly kind: 'compress-file'; readonly at: number }

export type Server = 'redis' | 'postgres'

export function nameOfPlace({ role, number }: Place): string {
  return `${role}-${number}`
}

/** In words, for the plan and the timeline. */
export function describeAction(action: Action): string {
  switch (action.kind) {
    case 'kill':
      return `kill -9 ${nameOfPlace(action.place)}, replaced after ${seconds(action)}${armed(action)}`
    case 'terminate':
      return `SIGTERM ${nameOfPlace(action.place)}, replaced at once${armed(action)}`
    case 'stop':
      return `SIGSTOP ${nameOfPlace(action.place)} for ${seconds(action)}`
    case 'add':
      return `one more: ${nameOfPlace(action.place)}${armed(action)}`
    case 'remove':
      return `one less: SIGTERM ${nameOfPlace(action.place)}`
    case 'cut':
      return `connections of ${action.role}s to ${action.server} cut for ${seconds(action)}`
    case 'silence':
      return `connections of ${action.role}s to ${action.server} go silent, new ones work`
    case 'redis-kill':
      return `kill -9 Redis, started again after ${seconds(action)}`
    case 'redis-flush':
      return 'FLUSHALL'
    case 'redis-pause':
      return `Redis answers nobody for ${seconds(action)}`
    case 'redis-full':
      return `Redis's maxmemory at ${action.percentOfUsed} % of what it uses for ${seconds(action)}`
    case 'destroy-group':
      return `group of the ${action.stage}s on ${action.logType} destroyed`
    case 'postgres-crash':
      return `PostgreSQL stopped at once, started again after ${seconds(action)}`
    case 'postgres-sessions':
      return 'all sessions of PostgreSQL terminated'
    case 'postgres-lock':
      return `${action.table} locked for ${seconds(action)}`
    case 'copy-file':
      return 'a log file copied'
    case 'compress-file':
      return 'a finished log file compressed, and the plain one removed'
  }
}

function seconds({ forMs }: Lasting): string {
  return `${(forMs / 1000).toFixed(1)} s`
}

function armed({ failpoints }: ArmedStart): string {
  return failpoints === undefined ? '' : ` with ${failpoints}`
}
