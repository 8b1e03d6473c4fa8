import { drawAuthEvent, expectAuthRow, renderAuthLine } from './auth.js'
import { drawDnsEvent, expectDnsRow, renderDnsLine } from './dns.js'
import { drawFirewallEvent, expectFirewallRow, renderFirewallLine } from './firewall.js'
import type { Random } from './random.js'
import type { ExpectedRow, LogType } from './record.js'

export interface OrdinaryLine {
  readonly line: string
  readonly expected: ExpectedRow
}

/** A well-formed line of a type and the row that it must become. */
export function drawOrdinaryLine(random: Random, logType: LogType, timestamp: string): OrdinaryLine {
  switch (logType) {
    case 'firewall': {
      const event = drawFirewallEvent(random, timestamp)
      return { line: renderFirewallLine(event), expected: expectFirewallRow(event) }
    }
    case 'dns': {
      const event = drawDnsEvent(random, timestamp)
      return { line: renderDnsLine(event), expected: expectDnsRow(event) }
    }
    case 'auth': {
      const event = drawAuthEvent(random, timestamp)
      return { line: renderAuthLine(event), expected: expectAuthRow(event) }
    }
  }
}
