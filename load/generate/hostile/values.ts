import { drawAuthEvent, expectAuthRow, renderAuthLine } from '../auth.js'
import { drawDnsEvent, renderDnsLine } from '../dns.js'
import { drawFirewallEvent, expectFirewallRow, renderFirewallLine } from '../firewall.js'
import { LOG_TYPES } from '../record.js'
import { type HostileKind, setAside, validRow } from './hostile-kind.js'
import { drawLineWithText } from './text-field.js'

// Only digits, hex letters, dots and colons: a declared shape that allows nothing else still lets these through.
const BAD_ADDRESSES = [
  '256.1.2.3',
  '999.999.999.999',
  '10.0.0',
  '1.2.3.4.5',
  '1:2:3',
  'fe80::1::2',
  '12345::1',
] as const

export const badAddress: HostileKind = {
  name: 'bad_address',
  summary: 'something that looks like an address and is none',
  outcomes: ['firewall/bad_address', 'dns/bad_address', 'auth/bad_address'],
  draw({ random, timestamp }) {
    const bad = random.pick(BAD_ADDRESSES)
    switch (random.below(5)) {
      case 0:
        return setAside(
          renderFirewallLine({ ...drawFirewallEvent(random, timestamp), src: bad }),
          'firewall',
          'bad_address',
        )
      case 1:
        return setAside(
          renderFirewallLine({ ...drawFirewallEvent(random, timestamp), dst: bad }),
          'firewall',
          'bad_address',
        )
      case 2:
        return setAside(
          renderDnsLine({ ...drawDnsEvent(random, timestamp), client: bad }),
          'dns',
          'bad_address',
        )
      case 3:
        return setAside(
          renderDnsLine({ ...drawDnsEvent(random, timestamp), server: bad }),
          'dns',
          'bad_address',
        )
      default:
        return setAside(
          renderAuthLine({ ...drawAuthEvent(random, timestamp), source: bad }),
          'auth',
          'bad_address',
        )
    }
  },
}

export const badInteger: HostileKind = {
  name: 'bad_integer',
  summary: 'a port or byte count that is no decimal integer',
  outcomes: ['firewall/bad_integer'],
  draw({ random, timestamp }) {
    const key = random.pick(['srcPort', 'dstPort', 'bytesSent'] as const)
    const bad = random.pick(['abc', '12x4', '80.5', '1e3', '0x50', '1_000', 'NaN', '１２３'])
    const event = { ...drawFirewallEvent(random, timestamp), [key]: bad }
    return setAside(renderFirewallLine(event), 'firewall', 'bad_integer')
  },
}

export const outOfRange: HostileKind = {
  name: 'out_of_range',
  summary: 'an integer just outside or far outside its range; the largest ones inside are rows',
  outcomes: ['row', 'firewall/out_of_range', 'auth/out_of_range'],
  draw({ random, timestamp }) {
    const firewall = drawFirewallEvent(random, timestamp)
    const auth = drawAuthEvent(random, timestamp)
    const port = random.pick(['65536', '70000', '99999999999', '18446744073709551616'])
    switch (random.below(6)) {
      case 0:
        return setAside(renderFirewallLine({ ...firewall, srcPort: port }), 'firewall', 'out_of_range')
      case 1: {
        const bytesSent = random.pick(['9223372036854775808', '99999999999999999999', `1${'0'.repeat(400)}`])
        return setAside(renderFirewallLine({ ...firewall, bytesSent }), 'firewall', 'out_of_range')
      }
      case 2:
        return setAside(renderAuthLine({ ...auth, port }), 'auth', 'out_of_range')
      case 3:
        return setAside(renderAuthLine({ ...auth, pid: '99999999999' }), 'auth', 'out_of_range')
      case 4: {
        // The second is the first integer that a double cannot hold.
        const bytesSent = random.pick([9_223_372_036_854_775_807n, 9_007_199_254_740_993n])
        const edge = { ...firewall, srcPort: 65_535, bytesSent }
        return validRow(renderFirewallLine(edge), expectFirewallRow(edge))
      }
      default: {
        const edge = { ...auth, pid: 4_194_304, port: 65_535 }
        return validRow(renderAuthLine(edge), expectAuthRow(edge))
      }
    }
  },
}

const BAD_TIMESTAMPS = [
  '2024-13-15T10:23:45.123Z',
  '2024-02-30T10:23:45.123Z',
  '2023-02-29T10:23:45.123Z',
  '2024-01-00T10:23:45.123Z',
  '2024-01-15T25:23:45.123Z',
  '2024-01-15T10:61:45.123Z',
  '0000-01-01T00:00:00.000Z',
  '10000-01-01T00:00:00.000Z',
  'yesterday',
  '20x4-01-15T10:23:45.123Z',
  // A byte order mark means something only where a file begins.
  '\ufeff2024-01-15T10:23:45.123Z',
] as const

export const badTimestamp: HostileKind = {
  name: 'bad_timestamp',
  summary: 'a moment that does not exist, a year outside 1–9999, a word, a byte order mark in mid-file',
  outcomes: ['firewall/bad_timestamp', 'dns/bad_timestamp', 'auth/bad_timestamp'],
  draw({ random }) {
    const timestamp = random.pick(BAD_TIMESTAMPS)
    switch (random.pick(LOG_TYPES)) {
      case 'firewall':
        return setAside(renderFirewallLine(drawFirewallEvent(random, timestamp)), 'firewall', 'bad_timestamp')
      case 'dns':
        return setAside(renderDnsLine(drawDnsEvent(random, timestamp)), 'dns', 'bad_timestamp')
      case 'auth':
        return setAside(renderAuthLine(drawAuthEvent(random, timestamp)), 'auth', 'bad_timestamp')
    }
  },
}

export const twoFaults: HostileKind = {
  name: 'two_faults',
  summary: 'two bad values in one line: the column that is declared first gives the reason',
  outcomes: ['firewall/bad_timestamp', 'firewall/bad_address', 'dns/bad_address'],
  draw({ random, timestamp }) {
    const firewall = { ...drawFirewallEvent(random, timestamp), src: '256.1.2.3' }
    switch (random.below(3)) {
      case 0:
        return setAside(renderFirewallLine({ ...firewall, timestamp: 'never' }), 'firewall', 'bad_timestamp')
      case 1:
        return setAside(renderFirewallLine({ ...firewall, dstPort: '70000' }), 'firewall', 'bad_address')
      default: {
        const event = { ...drawDnsEvent(random, timestamp), client: '256.1.2.3', domain: longName(300) }
        return setAside(renderDnsLine(event), 'dns', 'bad_address')
      }
    }
  },
}

/** Limits of the text columns in bytes; the query domain's is that of the domain name system. */
const MAX_TEXT_BYTES = { firewall: 1024, dns: 255, auth: 1024 } as const

export const longText: HostileKind = {
  name: 'long_text',
  summary: 'a rule, query domain or user name of exactly its limit (a row) or one byte more (set aside)',
  outcomes: ['row', 'firewall/too_long', 'dns/too_long', 'auth/too_long'],
  draw(context) {
    const logType = context.random.pick(LOG_TYPES)
    const fits = context.random.chance(0.4)
    const { line, expected } = drawLineWithText(
      context,
      logType,
      longName(MAX_TEXT_BYTES[logType] + (fits ? 0 : 1)),
    )
    return fits ? validRow(line, expected) : setAside(line, logType, 'too_long')
  },
}

function longName(bytes: number): string {
  return 'long-name.'.repeat(Math.ceil(bytes / 10)).slice(0, bytes)
}
