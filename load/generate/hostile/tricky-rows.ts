import { drawAuthEvent, expectAuthRow, renderAuthLine } from '../auth.js'
import { drawDnsEvent, expectDnsRow, renderDnsLine } from '../dns.js'
import { drawFirewallEvent, expectFirewallRow, renderFirewallLine } from '../firewall.js'
import type { ExpectedRow } from '../record.js'
import { type HostileKind, validRow } from './hostile-kind.js'

/** The attack on every pattern that takes the first " from ": a user name that forges the address. */
export const forgedSource: HostileKind = {
  name: 'forged_source',
  summary: 'a user name with ` from 6.6.6.6 port 1 ssh2` inside: the last ` from ` counts',
  outcomes: ['row'],
  draw({ random, timestamp }) {
    const drawn = drawAuthEvent(random, timestamp)
    const event = { ...drawn, username: `${drawn.username} from 6.6.6.6 port 1 ssh2` }
    return validRow(renderAuthLine(event), expectAuthRow(event))
  },
}

/** Few distinct days, since each of them may be a partition. */
const DISTANT_TIMESTAMPS = [
  '0001-01-01T00:00:00.000Z',
  '1969-12-31T23:59:59.999Z',
  '2000-02-29T12:00:00.000Z',
  '2099-12-31T23:59:59.999Z',
  '9999-12-31T23:59:59.999Z',
] as const

export const distantTime: HostileKind = {
  name: 'distant_time',
  summary: 'a timestamp decades or millennia away that exists all the same',
  outcomes: ['row'],
  draw({ random }) {
    const event = drawDnsEvent(random, random.pick(DISTANT_TIMESTAMPS))
    return validRow(renderDnsLine(event), expectDnsRow(event))
  },
}

const ODD_ADDRESSES = [
  ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['2001:0db8:0000:0000:0001:0000:0000:0001', '2001:db8::1:0:0:1'],
  ['::', '::'],
  ['::1', '::1'],
  ['::ffff:10.1.2.3', '::ffff:10.1.2.3'],
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
] as const

export const oddAddress: HostileKind = {
  name: 'odd_address',
  summary: 'a valid address in an unusual spelling: upper case, not shortened, IPv4 inside IPv6, all zeros',
  outcomes: ['row'],
  draw({ random, timestamp }) {
    const [written, canonical] = random.pick(ODD_ADDRESSES)
    let line: string
    let expected: ExpectedRow
    switch (random.below(3)) {
      case 0: {
        const event = drawFirewallEvent(random, timestamp)
        line = renderFirewallLine({ ...event, dst: written })
        expected = expectFirewallRow({ ...event, dst: canonical })
        break
      }
      case 1: {
        const event = drawDnsEvent(random, timestamp)
        line = renderDnsLine({ ...event, client: written })
        expected = expectDnsRow({ ...event, client: canonical })
        break
      }
      default: {
        const event = drawAuthEvent(random, timestamp)
        line = renderAuthLine({ ...event, source: written })
        expected = expectAuthRow({ ...event, source: canonical })
      }
    }
    return validRow(line, expected)
  },
}
