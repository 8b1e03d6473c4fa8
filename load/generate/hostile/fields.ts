import { drawFirewallEvent, expectFirewallRow, type FirewallEvent, renderFirewallLine } from '../firewall.js'
import { type HostileContext, type HostileKind, setAside, validRow } from './hostile-kind.js'

export const missingField: HostileKind = {
  name: 'missing_field',
  summary: 'a firewall line without one of its required keys',
  outcomes: ['firewall/missing_field'],
  draw(context) {
    const key = context.random.pick(['action', 'src', 'dst', 'proto'])
    const line = renderFirewallLine(drawFirewallEvent(context.random, context.timestamp))
    const fields = line.split('|').filter((field) => !field.startsWith(`${key}=`))
    return setAside(fields.join('|'), 'firewall', 'missing_field')
  },
}

export const duplicateField: HostileKind = {
  name: 'duplicate_field',
  summary: 'a firewall line that says one of its keys twice, with the same or another value',
  outcomes: ['firewall/duplicate_field'],
  draw({ random, timestamp }) {
    const event = drawFirewallEvent(random, timestamp)
    const again = random.pick([
      `src=${event.src}`,
      'src=10.9.8.7',
      'action=accept',
      'proto=TCP',
      `dst=${event.dst}`,
    ])
    return setAside(`${renderFirewallLine(event)}|${again}`, 'firewall', 'duplicate_field')
  },
}

/** Names that reach into a JavaScript object that is used as a dictionary. */
export const prototypeKey: HostileKind = {
  name: 'prototype_key',
  summary: 'an unknown firewall key named `__proto__`, `constructor` and the like: kept in extra',
  outcomes: ['row'],
  draw: (context) => {
    const key = context.random.pick(['__proto__', 'constructor', 'prototype', '__define_getter__'])
    return drawRowWithUnknown(context, [[key, 'polluted']])
  },
}

/** Both sides of the limit of 64 unknown fields. */
const MAX_UNKNOWN_FIELDS = 64

export const manyFields: HostileKind = {
  name: 'many_fields',
  summary: '64 unknown firewall keys (kept in extra) or 65 (set aside)',
  outcomes: ['row', 'firewall/too_many_fields'],
  draw(context) {
    const fits = context.random.chance(0.5)
    const unknown = numberedKeys(fits ? MAX_UNKNOWN_FIELDS : MAX_UNKNOWN_FIELDS + 1)
    const row = drawRowWithUnknown(context, unknown)
    return fits ? row : setAside(row.line, 'firewall', 'too_many_fields')
  },
}

function numberedKeys(count: number): FirewallEvent['unknown'] {
  const letters = 'abcdefghijklmnopqrstuvwxyz'
  return Array.from({ length: count }, (_, index) => [
    `x_${letters[Math.floor(index / 26)]}${letters[index % 26]}`,
    String(index),
  ])
}

function drawRowWithUnknown({ random, timestamp }: HostileContext, unknown: FirewallEvent['unknown']) {
  const event = { ...drawFirewallEvent(random, timestamp), unknown }
  return validRow(renderFirewallLine(event), expectFirewallRow(event))
}
