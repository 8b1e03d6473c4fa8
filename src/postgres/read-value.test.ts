import { expect, it } from 'vitest'
import { readTimestamptz, toEpochMs } from './read-value.js'

const fieldOf = (micros: bigint) => {
  const field = Buffer.alloc(8)
  field.writeBigInt64BE(micros)
  return field
}

it('reads times before 2000 as well as after, to the microsecond, and rounds milliseconds down', () => {
  const start = Date.UTC(2000, 0, 1)
  const dayMicros = 86_400_000_000n
  for (const [micros, iso, ms] of [
    [0n, '2000-01-01T00:00:00.000000Z', start],
    [1n, '2000-01-01T00:00:00.000001Z', start],
    [999n, '2000-01-01T00:00:00.000999Z', start],
    [1000n, '2000-01-01T00:00:00.001000Z', start + 1],
    [-1n, '1999-12-31T23:59:59.999999Z', start - 1],
    [-1000n, '1999-12-31T23:59:59.999000Z', start - 1],
    [-1001n, '1999-12-31T23:59:59.998999Z', start - 2],
    [2_921_940n * dayMicros - 1n, '9999-12-31T23:59:59.999999Z', Date.UTC(9999, 11, 31, 23, 59, 59, 999)],
    [-730_119n * dayMicros, '0001-01-01T00:00:00.000000Z', Date.parse('0001-01-01T00:00:00Z')],
  ] as const) {
    expect([readTimestamptz(fieldOf(micros)), toEpochMs(micros)]).toEqual([iso, ms])
  }
})
