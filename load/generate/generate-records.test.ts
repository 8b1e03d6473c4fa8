import { createHash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { generateRecords } from './generate-records.js'
import type { GenerateOptions } from './options.js'
import { isDeadLetter, LOG_TYPES } from './record.js'

function digest(options: Partial<GenerateOptions>): string {
  const hash = createHash('sha256')
  for (const { line, terminator } of generateRecords(options)) hash.update(line).update(terminator)
  return hash.digest('hex')
}

const HOSTILE = { seed: 7, lines: 20_000, files: 3, hostilePercent: 10 }

describe('generateRecords', () => {
  test('gives the same bytes for the same options, today and in every later version', () => {
    // Tests and published measurements name seeds; whoever changes these bytes must say so.
    expect(digest(HOSTILE)).toBe(digest(HOSTILE))
    expect(digest({ lines: 10_000 })).toBe('1efd9f5704f473d2e452ec0f8c56dc8b36f3de0753c54cc0eafb1d8ad3666835')
    expect(digest(HOSTILE)).toBe('117494c8a7bd87dd44af1367e96bc07b736b43f0e0f3dc22590eb4ad3192c59c')
  })

  test('gives other bytes for another seed', () => {
    expect(digest({ lines: 1000, seed: 1 })).not.toBe(digest({ lines: 1000, seed: 2 }))
    expect(digest({ lines: 1000, seed: 1 })).not.toBe(digest({ lines: 1000, seed: 1 + 2 ** 32 }))
  })

  test('mixes the types by their shares and keeps lines near 126 bytes', () => {
    const lines = 50_000
    const counts = { firewall: 0, dns: 0, auth: 0 }
    let bytes = 0
    for (const { line, expected } of generateRecords({ lines, shares: { firewall: 5, dns: 3, auth: 2 } })) {
      if (isDeadLetter(expected)) throw new Error('An ordinary line must become a row.')
      counts[expected.logType]++
      bytes += line.length
    }
    expect(counts.firewall / lines).toBeCloseTo(0.5, 1)
    expect(counts.dns / lines).toBeCloseTo(0.3, 1)
    expect(counts.auth / lines).toBeCloseTo(0.2, 1)
    expect(bytes / lines).toBeGreaterThan(120)
    expect(bytes / lines).toBeLessThan(132)
  })

  test('leaves out a type whose share is 0', () => {
    for (const { expected } of generateRecords({ lines: 500, shares: { firewall: 0, dns: 1, auth: 0 } })) {
      expect(expected.logType).toBe('dns')
    }
  })

  test('steps evenly through time, over the borders of files', () => {
    const startMs = Date.UTC(2024, 5, 1)
    let index = 0
    for (const { expected } of generateRecords({ lines: 300, files: 7, startMs, eventsPerSecond: 4 })) {
      const timestamp = isDeadLetter(expected) ? '' : String(expected.values.timestamp)
      expect(Math.floor((Date.parse(timestamp) - startMs) / 250)).toBe(index++)
    }
  })

  test('has unknown keys, missing keys and IPv6 among ordinary lines, each in a few percent', () => {
    const lines = 20_000
    let withExtra = 0
    let withoutRule = 0
    let withIpv6 = 0
    for (const { line, expected } of generateRecords({ lines })) {
      if (isDeadLetter(expected)) continue
      if (expected.extra !== undefined) withExtra++
      if (expected.logType === 'firewall' && expected.values.rule === null) withoutRule++
      if (line.includes('2001:db8:1::') || line.includes('2001:db8:ffff::')) withIpv6++
    }
    for (const count of [withExtra, withoutRule, withIpv6]) {
      expect(count).toBeGreaterThan(lines * 0.003)
      expect(count).toBeLessThan(lines * 0.08)
    }
  })

  test('sets one column a declared column, whatever the line lacks', () => {
    const columnsOf = new Map<string, string>()
    for (const { expected } of generateRecords({ ...HOSTILE, lines: 5000 })) {
      if (isDeadLetter(expected)) continue
      const columns = Object.keys(expected.values).join()
      expect(columns).toBe(columnsOf.get(expected.logType) ?? columns)
      columnsOf.set(expected.logType, columns)
    }
    expect([...columnsOf.keys()].sort()).toEqual([...LOG_TYPES].sort())
  })

  test('keeps newlines out of lines and gives only the last line of a file no terminator', () => {
    const records = [...generateRecords(HOSTILE)]
    const unterminated = records.filter(({ terminator }) => terminator === '')
    expect(unterminated.map(({ file }) => file)).toEqual([2])
    expect(unterminated[0]).toBe(records.at(-1))
    for (const { line } of records) {
      expect(line.includes(0x0a)).toBe(false)
      expect(line.at(-1)).not.toBe(0x0d)
    }
  })

  test('begins every file with an ordinary line', () => {
    const options = { seed: 3, lines: 200, files: 100, hostilePercent: 100 }
    for (const { offset, hostileKind, expected } of generateRecords(options)) {
      if (offset > 0) continue
      expect(['byte_order_mark', undefined]).toContain(hostileKind)
      expect(isDeadLetter(expected)).toBe(false)
    }
  })

  test.each([
    [{ lines: -1 }, 'lines'],
    [{ files: 0 }, 'files'],
    [{ lines: 2, files: 3 }, 'files'],
    [{ eventsPerSecond: 0 }, 'eventsPerSecond'],
    [{ hostilePercent: 101 }, 'hostilePercent'],
    [{ shares: { firewall: 0, dns: 0, auth: 0 } }, 'shares'],
    [{ startMs: Date.UTC(9999, 11, 30), lines: 1_000_000 }, 'start'],
  ])('refuses %j', (options, name) => {
    expect(() => [...generateRecords(options)]).toThrow(name)
  })
})
