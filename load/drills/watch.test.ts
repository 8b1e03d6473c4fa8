import { describe, expect, it } from 'vitest'
import type { AlertState } from '../monitoring/prometheus-api.js'
import { formatFlow } from './flow.js'
import { formatAccount } from './reconcile-stack.js'
import { alertChanges } from './watch.js'

describe('the changes of alerts between two moments', () => {
  const alerts = (states: Record<string, AlertState>) => new Map(Object.entries(states))

  it('are those that came, got on, and went, by name', () => {
    expect(
      alertChanges(
        alerts({ Gone: 'firing', On: 'pending', Same: 'firing' }),
        alerts({ Same: 'firing', On: 'firing', New: 'pending' }),
      ),
    ).toEqual([
      ['Gone', 'is gone'],
      ['New', 'is pending'],
      ['On', 'fires'],
    ])
  })

  it('are none where nothing changes', () => {
    expect(alertChanges(alerts({ A: 'firing' }), alerts({ A: 'firing' }))).toEqual([])
  })
})

it('what nobody can tell is not shown as 0', () => {
  expect(formatFlow({ read: 2000.4, committed: undefined, waiting: 0, unreadBytes: 1_250_000 })).toBe(
    'read 2,000 lines/s, committed – lines/s, 0 batches in the streams, 1.3 MB not read',
  )
})

describe('the result of the reconciliation', () => {
  const account = { balanced: true, lines: 1000, indexed: 990, deadLettered: 10, inFlight: 0 }

  it('is a sum', () => {
    expect(formatAccount(account)).toBe('Balanced: 1,000 lines = 990 rows + 10 dead letters.')
    expect(formatAccount({ ...account, indexed: 980, inFlight: 10 })).toContain('+ 10 on their way')
  })

  it('is none where it does not add up', () => {
    expect(formatAccount({ ...account, balanced: false, indexed: 3 })).toMatch(
      /^NOT balanced: 1,000 lines ≠ /,
    )
  })
})
