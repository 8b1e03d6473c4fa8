import { describe, expect, test } from 'vitest'
import { parseFailpoints } from '../../../src/lifecycle/failpoints.js'
import { type Action, describeAction, nameOfPlace } from './actions.js'
import { type ChaosPlan, planChaos } from './plan.js'

const seeds = Array.from({ length: 50 }, (_, seed) => seed)
const actionsOf = (plan: ChaosPlan): Action[] => plan.actions.map(({ action }) => action)

describe('planChaos', () => {
  test('follows from the seed and the duration alone', () => {
    expect(planChaos(7, 60_000)).toEqual(planChaos(7, 60_000))
    expect(planChaos(8, 60_000)).not.toEqual(planChaos(7, 60_000))
  })

  test('begins alike however long it goes on', () => {
    const short = planChaos(3, 30_000)
    const long = planChaos(3, 300_000)
    expect(long.actions.slice(0, short.actions.length)).toEqual(short.actions)
  })

  test('keeps to the duration, in order, about one action in 1.5 s', () => {
    let actions = 0
    for (const seed of seeds) {
      const times = planChaos(seed, 60_000).actions.map(({ atMs }) => atMs)
      expect(times).toEqual([...times].sort((a, b) => a - b))
      expect(times.at(-1)).toBeLessThan(60_000)
      actions += times.length
    }
    expect(actions / seeds.length).toBeGreaterThan(32)
    expect(actions / seeds.length).toBeLessThan(48)
  })

  test('has every kind of action within a few minutes', () => {
    const kinds = new Set(
      seeds.slice(0, 5).flatMap((seed) => actionsOf(planChaos(seed, 60_000)).map((a) => a.kind)),
    )
    expect(kinds.size).toBe(17)
  })

  test('touches only what runs, and leaves one of each role', () => {
    for (const seed of seeds) {
      const plan = planChaos(seed, 120_000)
      const running = new Set(plan.places.map(nameOfPlace))
      for (const action of actionsOf(plan)) {
        if (!('place' in action)) continue
        const name = nameOfPlace(action.place)
        expect(running.has(name), `${describeAction(action)}, seed ${seed}`).toBe(action.kind !== 'add')
        if (action.kind === 'add') running.add(name)
        if (action.kind === 'remove') running.delete(name)
      }
      for (const role of ['reader', 'parser', 'indexer']) expect(running).toContain(`${role}-1`)
    }
  })

  test('never does two things to one place or one server at a time', () => {
    for (const seed of seeds) {
      const over = new Map<string, number>()
      for (const { atMs, action } of planChaos(seed, 120_000).actions) {
        const held = heldBy(action)
        if (held === undefined) continue
        expect(over.get(held) ?? 0, `${describeAction(action)}, seed ${seed}`).toBeLessThanOrEqual(atMs)
        over.set(held, atMs + ('forMs' in action ? action.forMs : 0))
      }
    }
  })

  test('arms failpoints that there are', () => {
    const armed = seeds.flatMap((seed) =>
      actionsOf(planChaos(seed, 60_000)).flatMap((a) => ('failpoints' in a ? [a.failpoints ?? ''] : [])),
    )
    expect(armed.length).toBeGreaterThan(50)
    for (const failpoints of armed) expect(parseFailpoints(failpoints), failpoints).toHaveLength(1)
  })

  test('is told in words', () => {
    const kill: Action = {
      kind: 'kill',
      place: { role: 'parser', number: 2 },
      forMs: 1234,
      failpoints: 'parser.batch-read=kill@3',
    }
    expect(describeAction(kill)).toBe('kill -9 parser-2, replaced after 1.2 s with parser.batch-read=kill@3')
  })
})

function heldBy(action: Action): string | undefined {
  if ('place' in action) return nameOfPlace(action.place)
  if ('role' in action) return `${action.role} to ${action.server}`
  return /^(redis|postgres)/.exec(action.kind)?.[0]
}
