import { describe, expect, it } from 'vitest'
import { backoffMs, StoppedError, throughPostgresOutages, throughRedisOutages } from './outages.js'

const never = new AbortController().signal

/** Work that fails with each of these in turn, then succeeds. */
function failing(...failures: unknown[]): { work: () => Promise<string>; calls: () => number } {
  let calls = 0
  return {
    work: async () => {
      if (calls++ < failures.length) throw failures[calls - 1]
      return 'done'
    },
    calls: () => calls,
  }
}

/** Telemetry that notes what it is told, and lets somebody act on it. */
function listener(onOutage: () => void = () => {}) {
  const heard: string[] = []
  return {
    heard,
    redisOutage: ({ message }: { message: string }) => {
      heard.push(`outage ${message}`)
      onOutage()
    },
    redisRecovered: () => heard.push('recovered'),
    postgresOutage: ({ sqlstate }: { sqlstate: string }) => {
      heard.push(`outage ${sqlstate}`)
      onOutage()
    },
    postgresRecovered: () => heard.push('recovered'),
  }
}

const sqlError = (code: string) => Object.assign(new Error('refused'), { code })

describe('backoffMs', () => {
  it('starts short, grows, is bounded, and differs from process to process', () => {
    const middle = [0, 1, 2, 5, 6, 100].map((attempt) => backoffMs(attempt, () => 0.5))
    expect(middle).toEqual([100, 200, 400, 3200, 5000, 5000])
    expect([backoffMs(0, () => 0), backoffMs(0, () => 1)]).toEqual([75, 125])
  })
})

describe('throughRedisOutages', () => {
  it('waits out whatever Redis answers', async () => {
    const { work, calls } = failing(new Error('OOM command not allowed'), new Error('LOADING'))
    const telemetry = listener()
    expect(await throughRedisOutages(work, telemetry, never)).toBe('done')
    expect(calls()).toBe(3)
    expect(telemetry.heard).toEqual(['outage OOM command not allowed', 'outage LOADING', 'recovered'])
  })

  it('ends the wait when told to stop, after one last try', async () => {
    const stop = new AbortController()
    const telemetry = listener(() => stop.abort())
    const { work, calls } = failing(new Error('down'), new Error('down'), new Error('down'))
    await expect(throughRedisOutages(work, telemetry, stop.signal)).rejects.toBeInstanceOf(StoppedError)
    expect(calls()).toBe(2)
  })

  it('says nothing of Redis after work that did not fail: other work may still', async () => {
    const telemetry = listener()
    expect(await throughRedisOutages(failing().work, telemetry, never)).toBe('done')
    expect(telemetry.heard).toEqual([])
  })

  it('lets work that needs no wait finish although told to stop', async () => {
    expect(await throughRedisOutages(failing().work, listener(), AbortSignal.abort())).toBe('done')
  })
})

describe('throughPostgresOutages', () => {
  it.each(['57P01', '53100', '40001', '40P01', '57014', '08006', '25006', '55P03'])(
    'waits out SQLSTATE %s',
    async (code) => {
      const telemetry = listener()
      expect(await throughPostgresOutages(failing(sqlError(code)).work, telemetry, never)).toBe('done')
      expect(telemetry.heard).toEqual([`outage ${code}`, 'recovered'])
    },
  )

  it('waits out a connection that cannot be made', async () => {
    const refused = new AggregateError([Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })])
    const telemetry = listener()
    expect(await throughPostgresOutages(failing(refused).work, telemetry, never)).toBe('done')
    expect(telemetry.heard).toEqual(['outage connection', 'recovered'])
  })

  it('says nothing of PostgreSQL after work that did not fail: it may have needed no statement', async () => {
    const telemetry = listener()
    expect(await throughPostgresOutages(failing().work, telemetry, never)).toBe('done')
    expect(telemetry.heard).toEqual([])
  })

  it('takes an error of the data for a sign that PostgreSQL is back', async () => {
    const telemetry = listener()
    const { work } = failing(sqlError('57P01'), sqlError('22003'))
    await expect(throughPostgresOutages(work, telemetry, never)).rejects.toMatchObject({ code: '22003' })
    expect(telemetry.heard).toEqual(['outage 57P01', 'recovered'])
  })

  it.each(['22003', '23514', '54000', '42P01', '42501'])(
    'throws SQLSTATE %s on at once: no waiting mends it',
    async (code) => {
      const { work, calls } = failing(sqlError(code))
      await expect(throughPostgresOutages(work, listener(), never)).rejects.toMatchObject({ code })
      expect(calls()).toBe(1)
    },
  )

  it('throws a fault of Sluice itself on at once', async () => {
    const { work } = failing(new TypeError('undefined is not a function'))
    await expect(throughPostgresOutages(work, listener(), never)).rejects.toBeInstanceOf(TypeError)
  })

  it('ends the wait when told to stop, but not with an error of the data', async () => {
    const stop = new AbortController()
    const telemetry = listener(() => stop.abort())
    const { work } = failing(sqlError('53100'), sqlError('53100'))
    await expect(throughPostgresOutages(work, telemetry, stop.signal)).rejects.toBeInstanceOf(StoppedError)
    await expect(
      throughPostgresOutages(failing(sqlError('22003')).work, listener(), stop.signal),
    ).rejects.toMatchObject({ code: '22003' })
  })
})
