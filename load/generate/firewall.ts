import type { Random } from './random.js'
import type { ColumnValue, ExpectedRow } from './record.js'
import {
  ACTIONS,
  drawExternalAddress,
  drawInternalAddress,
  PROTOCOLS,
  RULES,
  SERVICE_PORTS,
} from './vocabulary.js'

/** A firewall event; null is a key that the line does not have. Values that are text are written as they are. */
export interface FirewallEvent {
  timestamp: string
  action: string
  src: string
  dst: string
  proto: string
  srcPort: ColumnValue
  dstPort: ColumnValue
  bytesSent: ColumnValue
  rule: string | null
  /** Keys that the log type does not know, in line order. */
  unknown: ReadonlyArray<readonly [key: string, value: string]>
}

/** Share of lines with keys that the log type does not know, and of lines that lack an optional key. */
const UNKNOWN_KEYS_SHARE = 0.02
const MISSING_KEYS_SHARE = 0.03

const NO_UNKNOWN: FirewallEvent['unknown'] = []

export function drawFirewallEvent(random: Random, timestamp: string): FirewallEvent {
  const outbound = random.chance(0.7)
  const internal = drawInternalAddress(random)
  const peer = random.chance(0.25) ? drawInternalAddress(random) : drawExternalAddress(random)
  const proto = random.pick(PROTOCOLS)
  const hasPorts = proto !== 'ICMP'
  const event: FirewallEvent = {
    timestamp,
    action: random.pick(ACTIONS),
    src: outbound ? internal : peer,
    dst: outbound ? peer : internal,
    proto,
    srcPort: hasPorts ? 1024 + random.below(64_512) : null,
    dstPort: hasPorts ? random.pick(SERVICE_PORTS) : null,
    bytesSent: random.below(random.chance(0.1) ? 10_000_000 : 20_000),
    rule: random.pick(RULES),
    unknown: NO_UNKNOWN,
  }
  if (random.chance(MISSING_KEYS_SHARE)) {
    if (random.chance(0.5)) event.bytesSent = null
    else event.rule = null
  }
  if (random.chance(UNKNOWN_KEYS_SHARE)) {
    event.unknown = random.chance(0.5)
      ? [['vlan', String(100 + random.below(20))]]
      : [
          ['session_id', random.below(2 ** 31).toString(16)],
          ['zone', random.pick(['dmz', 'lan', 'guest'])],
        ]
  }
  return event
}

export function renderFirewallLine(event: FirewallEvent): string {
  let line = `${event.timestamp}|action=${event.action}|src=${event.src}|dst=${event.dst}|proto=${event.proto}`
  if (event.srcPort !== null) line += `|src_port=${event.srcPort}`
  if (event.dstPort !== null) line += `|dst_port=${event.dstPort}`
  if (event.bytesSent !== null) line += `|bytes_sent=${event.bytesSent}`
  if (event.rule !== null) line += `|rule=${event.rule}`
  for (const [key, value] of event.unknown) line += `|${key}=${value}`
  return line
}

export function expectFirewallRow(event: FirewallEvent): ExpectedRow {
  const values = {
    timestamp: event.timestamp,
    src_ip: event.src,
    dst_ip: event.dst,
    action: event.action,
    protocol: event.proto,
    src_port: event.srcPort,
    dst_port: event.dstPort,
    bytes_sent: event.bytesSent,
    rule: event.rule,
  }
  if (event.unknown.length === 0) return { logType: 'firewall', values }
  // fromEntries defines own properties, so that a key named __proto__ stays a key.
  return { logType: 'firewall', values, extra: Object.fromEntries(event.unknown) }
}
