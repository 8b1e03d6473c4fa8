/** What the naive pipeline makes of a line; null when none of its three patterns fits. */
export interface NaiveParse {
  readonly logType: string
  readonly timestamp: string
  readonly parsed: Readonly<Record<string, string>>
}

const FIREWALL =
  /^(?<timestamp>\S+?)\|action=(?<action>[^|]*)\|src=(?<src_ip>[^|]*)\|dst=(?<dst_ip>[^|]*)\|proto=(?<protocol>[^|]*)(?:\|src_port=(?<src_port>\d+))?(?:\|dst_port=(?<dst_port>\d+))?(?:\|bytes_sent=(?<bytes_sent>\d+))?(?:\|rule=(?<rule>[^|]*))?/
const DNS =
  /^(?<timestamp>\S+) client (?<client_ip>\S+) query: (?<query_domain>\S+) IN (?<query_type>\S+) \+ \((?<server_ip>[^)]+)\) (?<response_code>\S+)$/
const AUTH =
  /^(?<timestamp>\S+) (?<hostname>\S+) sshd\[(?<pid>\d+)\]: (?<status>\S+) (?<auth_method>\S+) for (?<username>\S+) from (?<source_ip>\S+) port (?<source_port>\d+) ssh2$/

const PATTERNS = [
  ['firewall', FIREWALL],
  ['dns', DNS],
  ['auth', AUTH],
] as const

/** Tries the three patterns in turn. */
export function parseNaively(line: string): NaiveParse | null {
  for (const [logType, pattern] of PATTERNS) {
    const groups = pattern.exec(line)?.groups
    if (groups === undefined) continue
    const { timestamp = '', ...parsed } = groups
    return { logType, timestamp, parsed }
  }
  return null
}
