import { describe, expect, it } from 'vitest'
import { isTimeZone, TimeZone } from './time-zone.js'

/** The offset of a local time, ±HH:MM or ±HH:MM:SS. */
function offset(zone: TimeZone, local: string): string {
  const seconds = zone.offsetOfLocal(Date.parse(`${local}Z`) / 1000)
  const text = new Date(Math.abs(seconds) * 1000).toISOString().slice(11, 19).replace(/:00$/, '')
  return `${seconds < 0 ? '-' : '+'}${text}`
}

const cases: Record<string, readonly (readonly [string, string])[]> = {
  'Europe/Berlin': [
    ['2024-01-15T12:00:00', '+01:00'],
    ['2024-03-31T01:59:59', '+01:00'],
    // Does not come.
    ['2024-03-31T02:30:00', '+01:00'],
    ['2024-03-31T03:00:00', '+02:00'],
    ['2024-10-27T01:59:59', '+02:00'],
    // Comes twice.
    ['2024-10-27T02:00:00', '+02:00'],
    ['2024-10-27T02:59:59', '+02:00'],
    ['2024-10-27T03:00:00', '+01:00'],
    ['1850-06-01T00:00:00', '+00:53:28'],
  ],
  'America/New_York': [
    ['2024-03-10T01:59:59', '-05:00'],
    ['2024-03-10T02:30:00', '-05:00'],
    ['2024-03-10T03:00:00', '-04:00'],
    ['2024-11-03T00:59:59', '-04:00'],
    ['2024-11-03T01:30:00', '-04:00'],
    ['2024-11-03T02:00:00', '-05:00'],
  ],
  // Half an hour only.
  'Australia/Lord_Howe': [
    ['2024-04-07T01:29:59', '+11:00'],
    ['2024-04-07T01:45:00', '+11:00'],
    ['2024-04-07T02:00:00', '+10:30'],
    ['2024-10-06T01:59:59', '+10:30'],
    ['2024-10-06T02:15:00', '+10:30'],
    ['2024-10-06T02:30:00', '+11:00'],
  ],
  // Left out the whole 30 December 2011.
  'Pacific/Apia': [
    ['2011-12-29T23:59:59', '-10:00'],
    ['2011-12-30T12:00:00', '-10:00'],
    ['2011-12-31T00:00:00', '+14:00'],
  ],
  UTC: [
    ['0001-01-01T00:00:00', '+00:00'],
    ['9999-12-31T23:59:59', '+00:00'],
  ],
}

describe.each(Object.entries(cases))('%s', (name, times) => {
  it.each(times)('%s is %s', (local, expected) => {
    expect(offset(new TimeZone(name), local)).toBe(expected)
  })
  it('says the same whatever was asked before', () => {
    const zone = new TimeZone(name)
    for (const [before] of times) {
      for (const [local, expected] of times) {
        offset(zone, before)
        expect(`${before} ${offset(zone, local)}`).toBe(`${before} ${expected}`)
      }
    }
  })
})

it('agrees with Intl on the local time of 200 instants of each of 60 zones', () => {
  const zones = Intl.supportedValuesOf('timeZone')
  let differences = 0
  for (let index = 0; index < 60; index++) {
    const name = zones[Math.floor((index * zones.length) / 60)]!
    const zone = new TimeZone(name)
    const format = new Intl.DateTimeFormat('sv-SE', {
      timeZone: name,
      dateStyle: 'short',
      timeStyle: 'medium',
    })
    for (let i = 0; i < 200; i++) {
      const seconds = 100_000_000 + i * 9_876_543 + index * 1009
      const local = format.format(seconds * 1000).replace(' ', 'T')
      const localSeconds = Date.parse(`${local}Z`) / 1000
      // An hour that comes twice has two instants.
      if (localSeconds - zone.offsetOfLocal(localSeconds) !== seconds) differences++
    }
  }
  expect(differences).toBeLessThan(5)
}, 60_000)

it('knows zones from other names', () => {
  for (const name of ['UTC', 'Europe/Berlin', 'America/Argentina/Buenos_Aires', 'Etc/GMT+5']) {
    expect(isTimeZone(name)).toBe(true)
  }
  for (const name of ['', 'Berlin', '+01:00', 'Europe/Nowhere', '../etc', 'UTC ', '\0']) {
    expect(isTimeZone(name)).toBe(false)
  }
})
