import type { Role } from '../../../src/app/roles.js'
import { createRandom, type Random } from '../../generate/random.js'
import { streamedTypes } from '../../installation/streamed-types.js'
import { type Action, nameOfPlace, type Place, type Server } from './actions.js'

export interface PlannedAction {
  /** Milliseconds since the load began. */
  readonly atMs: number
  readonly action: Action
}

export interface ChaosPlan {
  readonly seed: number
  readonly durationMs: number
  /** What runs from the beginning. */
  readonly places: readonly Place[]
  readonly actions: readonly PlannedAction[]
}

/** Between two actions, on average. Shorter, and nothing gets done in between that could go wrong. */
const meanPauseMs = 1500
const mostOfARole: Readonly<Record<Role, number>> = { reader: 2, parser: 3, indexer: 3 }
const roles: readonly Role[] = ['reader', 'parser', 'indexer']
const tables = [
  'firewall_logs',
  'dns_logs',
  'auth_logs',
  'sluice.sources',
  'sluice.chunks',
  'sluice.batches',
  'sluice.dead_letters',
]
const steps: Readonly<Record<Role, readonly string[]>> = {
  reader: ['reader.chunk-cut', 'reader.chunk-recorded', 'reader.chunk-published'],
  parser: ['parser.batch-read', 'parser.batch-parsing', 'parser.batch-parsed', 'parser.batch-handed-over'],
  indexer: ['indexer.batch-read', 'indexer.rows-copied', 'indexer.committed', 'indexer.acknowledged'],
}

/** How often each happens, relative to the others. */
const weights: Readonly<Record<Action['kind'], number>> = {
  kill: 8,
  terminate: 4,
  stop: 6,
  add: 2,
  remove: 2,
  cut: 4,
  silence: 3,
  'redis-kill': 2,
  'redis-flush': 2,
  'redis-pause': 2,
  'redis-full': 2,
  'destroy-group': 2,
  'postgres-crash': 1,
  'postgres-sessions': 2,
  'postgres-lock': 3,
  'copy-file': 2,
  'compress-file': 2,
}
const lottery = Object.entries(weights).flatMap(([kind, weight]) =>
  Array.from({ length: weight }, () => kind as Action['kind']),
)

/**
 * What goes wrong, and when: nothing but the seed and the duration decides. Two actions never have the same place,
 * server or network in hand at a time, but any others overlap.
 */
export function planChaos(seed: number, durationMs: number): ChaosPlan {
  const random = createRandom(seed)
  const present = new Map<Role, number>([
    ['reader', 1 + random.below(2)],
    ['parser', 2],
    ['indexer', 2],
  ])
  const places = roles.flatMap((role) => placesOf(role, present.get(role) ?? 0))
  const actions: PlannedAction[] = []
  /** Until when what has this name is in the hand of an action. */
  const busyUntilMs = new Map<string, number>()
  let atMs = 1000
  while (atMs < durationMs) {
    const isFree = (name: string) => (busyUntilMs.get(name) ?? 0) <= atMs
    const drawn = draw(random.pick(lottery), random, present, isFree)
    if (drawn !== undefined) {
      const { action, holds } = drawn
      const lastsMs = 'forMs' in action ? action.forMs : 0
      if (holds !== undefined) busyUntilMs.set(holds, atMs + lastsMs + graceMs(action))
      actions.push({ atMs: Math.round(atMs), action })
      // Sums up to meanPauseMs on average; mostly short pauses, some long.
      atMs += 100 + -Math.log(1 - random.next()) * (meanPauseMs - 100)
    }
  }
  return { seed, durationMs, places, actions }
}

function placesOf(role: Role, count: number): Place[] {
  return Array.from({ length: count }, (_, index) => ({ role, number: index + 1 }))
}

/**
 * After it is over. A server recovers, a client finds back; a process starts and gets something done: who is killed again
 * as soon as he runs cannot do anything wrong.
 */
function graceMs({ kind }: Action): number {
  if (kind === 'kill' || kind === 'terminate' || kind === 'add') return 4000
  return kind.startsWith('postgres') || kind.startsWith('redis') ? 2000 : 1500
}

interface Drawn {
  readonly action: Action
  /** What it has in hand. */
  readonly holds?: string
}

/** An action of this kind; undefined when there is nothing free that it could happen to. */
function draw(
  kind: Action['kind'],
  random: Random,
  present: Map<Role, number>,
  isFree: (name: string) => boolean,
): Drawn | undefined {
  const between = (leastMs: number, mostMs: number) =>
    Math.round(leastMs + random.next() * (mostMs - leastMs))
  const free = roles
    .flatMap((role) => placesOf(role, present.get(role) ?? 0))
    .filter((place) => isFree(nameOfPlace(place)))
  switch (kind) {
    case 'kill':
    case 'terminate': {
      if (free.length === 0) return undefined
      const place = random.pick(free)
      const armed = drawFailpoint(place.role, random)
      const action: Action =
        kind === 'kill' ? { kind, place, forMs: between(0, 2500), ...armed } : { kind, place, ...armed }
      return { action, holds: nameOfPlace(place) }
    }
    case 'stop': {
      if (free.length === 0) return undefined
      const place = random.pick(free)
      return { action: { kind, place, forMs: between(300, 5000) }, holds: nameOfPlace(place) }
    }
    case 'add': {
      const role = random.pick(roles)
      const place = { role, number: (present.get(role) ?? 0) + 1 }
      if (place.number > mostOfARole[role] || !isFree(nameOfPlace(place))) return undefined
      present.set(role, place.number)
      return { action: { kind, place, ...drawFailpoint(role, random) }, holds: nameOfPlace(place) }
    }
    case 'remove': {
      const role = random.pick(roles)
      const place = { role, number: present.get(role) ?? 0 }
      if (place.number <= 1 || !isFree(nameOfPlace(place))) return undefined
      present.set(role, place.number - 1)
      return { action: { kind, place }, holds: nameOfPlace(place) }
    }
    case 'cut':
    case 'silence': {
      const role = random.pick(roles)
      // Parsers need PostgreSQL only when they start.
      const server: Server = role === 'parser' ? 'redis' : random.pick<Server>(['redis', 'postgres'])
      const holds = `${role} to ${server}`
      if (!isFree(holds)) return undefined
      return kind === 'cut'
        ? { action: { kind, role, server, forMs: between(100, 4000) }, holds }
        : { action: { kind, role, server }, holds }
    }
    case 'redis-kill':
    case 'redis-pause':
      return isFree('redis') ? { action: { kind, forMs: between(100, 4000) }, holds: 'redis' } : undefined
    case 'redis-full': {
      if (!isFree('redis')) return undefined
      const action = { kind, percentOfUsed: between(70, 160), forMs: between(500, 4000) }
      return { action, holds: 'redis' }
    }
    case 'redis-flush':
      return isFree('redis') ? { action: { kind }, holds: 'redis' } : undefined
    case 'destroy-group': {
      if (!isFree('redis')) return undefined
      const stage = random.pick(['parser', 'indexer'] as const)
      return { action: { kind, logType: random.pick(streamedTypes), stage } }
    }
    case 'postgres-crash':
      return isFree('postgres')
        ? { action: { kind, forMs: between(100, 2500) }, holds: 'postgres' }
        : undefined
    case 'postgres-sessions':
      return isFree('postgres') ? { action: { kind } } : undefined
    case 'postgres-lock': {
      if (!isFree('postgres')) return undefined
      return { action: { kind, table: random.pick(tables), forMs: between(500, 5000) }, holds: 'postgres' }
    }
    case 'copy-file':
    case 'compress-file':
      return { action: { kind, at: random.next() } }
  }
}

/** For a third of those that are started: a step at which they die, or hang for longer than others wait for them. */
function drawFailpoint(role: Role, random: Random): { failpoints?: string } {
  if (!random.chance(1 / 3)) return {}
  const what = random.chance(0.7) ? 'kill' : `block:${1000 + random.below(3000)}`
  return { failpoints: `${random.pick(steps[role])}=${what}@${1 + random.below(8)}` }
}
