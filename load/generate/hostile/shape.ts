import { drawAuthEvent } from '../auth.js'
import { drawDnsEvent } from '../dns.js'
import { drawFirewallEvent, expectFirewallRow, renderFirewallLine } from '../firewall.js'
import { type HostileContext, type HostileKind, setAside, validRow } from './hostile-kind.js'

/** Lines that stop early. Every cut is at a chosen place, because most others leave a valid shorter value. */
export const truncated: HostileKind = {
  name: 'truncated',
  summary:
    'a line that stops early: in its timestamp, in a key, between required fields, after the last required one',
  outcomes: [
    'row',
    'unclassified/no_type',
    'firewall/no_match',
    'firewall/missing_field',
    'dns/no_match',
    'auth/no_match',
  ],
  draw({ random, timestamp }) {
    const firewall = drawFirewallEvent(random, timestamp)
    const dns = drawDnsEvent(random, timestamp)
    const auth = drawAuthEvent(random, timestamp)
    switch (random.below(9)) {
      case 0:
        return setAside(timestamp.slice(0, 4 + random.below(12)), 'unclassified', 'no_type')
      case 1:
        return setAside(`${timestamp} clie`, 'unclassified', 'no_type')
      case 2:
        return setAside(`${timestamp} ${auth.hostname} ss`, 'unclassified', 'no_type')
      case 3:
        return setAside(
          `${timestamp}|action=${firewall.action}|src=${firewall.src}|dst=${firewall.dst}|proto=TCP|src_po`,
          'firewall',
          'no_match',
        )
      case 4:
        return setAside(
          `${timestamp}|action=${firewall.action}|src=${firewall.src}`,
          'firewall',
          'missing_field',
        )
      case 5: {
        const whole = { ...firewall, srcPort: null, dstPort: null, bytesSent: null, rule: null, unknown: [] }
        return validRow(renderFirewallLine(whole), expectFirewallRow(whole))
      }
      case 6:
        return setAside(`${timestamp} client ${dns.client} query: ${dns.domain}`, 'dns', 'no_match')
      case 7:
        return setAside(`${timestamp} ${auth.hostname} sshd[${auth.pid}`, 'auth', 'no_match')
      default:
        return setAside(
          `${timestamp} ${auth.hostname} sshd[${auth.pid}]: ${auth.status} ${auth.method} for ${auth.username} from`,
          'auth',
          'no_match',
        )
    }
  },
}

// Without space and pipe no type can claim a line. Without 0x1f, \n and \r it is neither gzip nor two lines.
const GARBAGE_BYTES = Array.from({ length: 256 }, (_, byte) => byte).filter(
  (byte) => ![0x0a, 0x0d, 0x1f, 0x20, 0x7c].includes(byte),
)

export const garbage: HostileKind = {
  name: 'garbage',
  summary: 'random bytes, NUL and invalid UTF-8 among them, without a space or a pipe',
  outcomes: ['unclassified/no_type'],
  draw: ({ random }) =>
    setAside(
      Buffer.from(Array.from({ length: 1 + random.below(300) }, () => random.pick(GARBAGE_BYTES))),
      'unclassified',
      'no_type',
    ),
}

export const empty: HostileKind = {
  name: 'empty',
  summary: 'nothing before the newline, or only a carriage return',
  outcomes: ['unclassified/empty_line'],
  draw: ({ random }) => setAside('', 'unclassified', 'empty_line', random.chance(0.5) ? '\n' : '\r\n'),
}

export const unknownFormat: HostileKind = {
  name: 'unknown_format',
  summary: 'lines of other programs (JSON, access log, CEF, syslog), blanks, a stack trace',
  outcomes: ['unclassified/no_type'],
  draw({ random, timestamp }) {
    const line = random.pick([
      `{"time":"${timestamp}","level":"info","msg":"started","client":"192.168.1.7"}`,
      `192.168.1.9 - - [15/Jan/2024:10:23:45 +0000] "GET /index.html HTTP/1.1" 200 5120 "-" "curl/8.5.0"`,
      `CEF:0|Vendor|Product|1.0|100|worm stopped|10|src=10.0.0.1 dst=2.1.2.2 spt=1232`,
      `<34>Jan 15 10:23:45 mail-01 su: 'su root' failed for alice on /dev/pts/8`,
      `    at Object.<anonymous> (/srv/app/index.js:10:15)`,
      '   ',
      '|',
      timestamp,
    ])
    return setAside(line, 'unclassified', 'no_type')
  },
}

export const wrongShape: HostileKind = {
  name: 'wrong_shape',
  summary: 'a type claims the line, but it says something else than the type declares',
  outcomes: ['firewall/no_match', 'dns/no_match', 'auth/no_match'],
  draw({ random, timestamp }: HostileContext) {
    const firewall = renderFirewallLine(drawFirewallEvent(random, timestamp))
    const dns = drawDnsEvent(random, timestamp)
    const auth = drawAuthEvent(random, timestamp)
    switch (random.below(4)) {
      case 0:
        return setAside(`${firewall}|truncated by collector`, 'firewall', 'no_match')
      case 1:
        return setAside(
          `${timestamp} client ${dns.client} response: ${dns.domain} NXDOMAIN`,
          'dns',
          'no_match',
        )
      case 2:
        return setAside(
          `${timestamp} ${auth.hostname} sshd[${auth.pid}]: Connection closed by ${auth.source} port ${auth.port} [preauth]`,
          'auth',
          'no_match',
        )
      default:
        return setAside(
          `${timestamp} ${auth.hostname} sshd[${auth.pid}]: pam_unix(sshd:session): session closed`,
          'auth',
          'no_match',
        )
    }
  },
}
