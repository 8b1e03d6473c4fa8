import type { Random } from './random.js'
import type { ExpectedRow } from './record.js'
import { DNS_SERVERS, DOMAINS, drawInternalAddress, QUERY_TYPES, RESPONSE_CODES } from './vocabulary.js'

export interface DnsEvent {
  timestamp: string
  client: string
  domain: string
  queryType: string
  server: string
  responseCode: string
}

export function drawDnsEvent(random: Random, timestamp: string): DnsEvent {
  return {
    timestamp,
    client: drawInternalAddress(random),
    domain: random.pick(DOMAINS),
    queryType: random.pick(QUERY_TYPES),
    server: random.pick(DNS_SERVERS),
    responseCode: random.pick(RESPONSE_CODES),
  }
}

export function renderDnsLine(event: DnsEvent): string {
  return `${event.timestamp} client ${event.client} query: ${event.domain} IN ${event.queryType} + (${event.server}) ${event.responseCode}`
}

export function expectDnsRow(event: DnsEvent): ExpectedRow {
  return {
    logType: 'dns',
    values: {
      timestamp: event.timestamp,
      client_ip: event.client,
      query_domain: event.domain,
      query_type: event.queryType,
      server_ip: event.server,
      response_code: event.responseCode,
    },
  }
}
