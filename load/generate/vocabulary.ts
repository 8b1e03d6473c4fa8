import type { Random } from './random.js'

// Few distinct values, as in real logs: the database's statistics and the compression ratio depend on it.

export const ACTIONS = ['accept', 'accept', 'accept', 'deny', 'drop'] as const
export const PROTOCOLS = ['TCP', 'TCP', 'TCP', 'UDP', 'UDP', 'ICMP'] as const
export const RULES = [
  'web_access',
  'dns_outbound',
  'block_telnet',
  'vpn_gateway',
  'default_deny',
  'database_internal',
  'mail_relay',
  'guest_isolation',
  'threat_feed',
  'monitoring_probes',
] as const
export const SERVICE_PORTS = [
  22, 23, 25, 53, 80, 123, 443, 445, 587, 993, 1433, 3306, 3389, 5432, 8080, 8443,
] as const

export const DOMAINS = [
  'evil-domain.com',
  'example.com',
  'www.example.com',
  'api.example.com',
  'intranet.corp.example',
  'mail.corp.example',
  'files.corp.example',
  'updates.vendor.example',
  'cdn-17.static-assets.example.net',
  'telemetry.eu-west-1.vendor.example',
  'ntp.pool.example.org',
  'login.identity-provider.example',
  'storage.cloud-provider.example',
  'malware-callback.badhost.example',
  'a1b2c3d4e5f6.tunnel.badhost.example',
  'registry.packages.example.org',
  'news.example.org',
  'calendar.corp.example',
  '_ldap._tcp.dc01.corp.example',
  '10.1.168.192.in-addr.arpa',
] as const
export const QUERY_TYPES = ['A', 'A', 'A', 'AAAA', 'AAAA', 'MX', 'TXT', 'PTR', 'SRV'] as const
export const RESPONSE_CODES = [
  'NOERROR',
  'NOERROR',
  'NOERROR',
  'NOERROR',
  'NXDOMAIN',
  'SERVFAIL',
  'REFUSED',
] as const
export const DNS_SERVERS = ['10.0.0.2', '10.0.0.3', '2001:db8:53::1'] as const

export const HOSTNAMES = [
  'auth-srv01',
  'auth-srv02',
  'bastion-eu-west-1a',
  'build-runner-07',
  'db-primary-01.corp.example',
  'jump-host',
] as const
export const USERNAMES = [
  'admin',
  'root',
  'deploy',
  'backup',
  'postgres',
  'ubuntu',
  'jenkins',
  'alice.martin',
  'bob.nguyen',
  'carol.okafor',
  'svc-monitoring',
  'oracle',
] as const
export const AUTH_STATUSES = ['Accepted', 'Accepted', 'Failed'] as const
export const AUTH_METHODS = ['password', 'password', 'publickey', 'keyboard-interactive/pam'] as const

/** Share of addresses that are IPv6. */
const IPV6_SHARE = 0.03

const internalV4 = Array.from({ length: 254 }, (_, index) => `192.168.1.${index + 1}`)
const internalV6 = Array.from({ length: 16 }, (_, index) => `2001:db8:1::${(index + 1).toString(16)}`)
// The three ranges that are reserved for documentation: no address of a real host gets into a test database.
const externalV4 = Array.from(
  { length: 500 },
  (_, index) => `${['203.0.113', '198.51.100', '192.0.2'][index % 3]}.${Math.floor(index / 3) + 1}`,
)
const externalV6 = Array.from({ length: 32 }, (_, index) => `2001:db8:ffff::${(index + 0x100).toString(16)}`)

/** One of the 254 internal addresses, or an IPv6 one of the same network. Always in PostgreSQL's canonical form. */
export function drawInternalAddress(random: Random): string {
  return random.pick(random.chance(IPV6_SHARE) ? internalV6 : internalV4)
}

/** One of the 500 external addresses, or an IPv6 one. Always in PostgreSQL's canonical form. */
export function drawExternalAddress(random: Random): string {
  return random.pick(random.chance(IPV6_SHARE) ? externalV6 : externalV4)
}
