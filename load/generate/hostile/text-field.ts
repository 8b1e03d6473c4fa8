import { drawAuthEvent, expectAuthRow, renderAuthLine } from '../auth.js'
import { drawDnsEvent, expectDnsRow, renderDnsLine } from '../dns.js'
import { drawFirewallEvent, expectFirewallRow, renderFirewallLine } from '../firewall.js'
import type { ExpectedRow, LogType } from '../record.js'
import type { HostileContext } from './hostile-kind.js'

export interface TextLine {
  readonly line: string
  readonly expected: ExpectedRow
}

/** An otherwise ordinary line whose free text (rule, query domain, user name) is the given one. */
export function drawLineWithText(
  { random, timestamp }: HostileContext,
  logType: LogType,
  text: string,
): TextLine {
  switch (logType) {
    case 'firewall': {
      const event = { ...drawFirewallEvent(random, timestamp), rule: text }
      return { line: renderFirewallLine(event), expected: expectFirewallRow(event) }
    }
    case 'dns': {
      const event = { ...drawDnsEvent(random, timestamp), domain: text }
      return { line: renderDnsLine(event), expected: expectDnsRow(event) }
    }
    case 'auth': {
      const event = { ...drawAuthEvent(random, timestamp), username: text }
      return { line: renderAuthLine(event), expected: expectAuthRow(event) }
    }
  }
}

const PLACEHOLDER = 'PLACEHOLDER'

/** The same with bytes that need not be text. They stand in the middle of the field, far behind what identifies the type. */
export function drawLineWithBytes(context: HostileContext, logType: LogType, bytes: Buffer): Buffer {
  const line = Buffer.from(drawLineWithText(context, logType, `a${PLACEHOLDER}z`).line)
  const at = line.indexOf(PLACEHOLDER)
  return Buffer.concat([line.subarray(0, at), bytes, line.subarray(at + PLACEHOLDER.length)])
}
