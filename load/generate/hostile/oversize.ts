import { drawFirewallEvent, renderFirewallLine } from '../firewall.js'
import { type HostileKind, setAside } from './hostile-kind.js'

/** The reader's default limit for a line. */
export const MAX_LINE_BYTES = 65_536
/** The limit for all unknown fields of a line together. */
const MAX_EXTRA_BYTES = 16_384

/** Lines of tens of kilobytes. They are drawn rarely, or they would be most of the file. */
export const oversize: HostileKind = {
  name: 'oversize',
  summary: 'longer than 65536 bytes whatever it looks like; exactly 65536; unknown fields over 16 KiB',
  outcomes: ['unclassified/oversize_line', 'unclassified/no_type', 'firewall/too_many_fields'],
  draw({ random, timestamp }) {
    const event = drawFirewallEvent(random, timestamp)
    switch (random.below(4)) {
      case 0:
        return setAside('x'.repeat(MAX_LINE_BYTES + 1), 'unclassified', 'oversize_line')
      case 1:
        return setAside('x'.repeat(MAX_LINE_BYTES), 'unclassified', 'no_type')
      case 2: {
        const rule = 'r'.repeat(MAX_LINE_BYTES + random.below(40_000))
        return setAside(renderFirewallLine({ ...event, rule }), 'unclassified', 'oversize_line')
      }
      default: {
        const unknown = [['comment', 'c'.repeat(MAX_EXTRA_BYTES + 1)]] as const
        return setAside(renderFirewallLine({ ...event, unknown }), 'firewall', 'too_many_fields')
      }
    }
  },
}
