import type { Random } from './random.js'
import type { ColumnValue, ExpectedRow } from './record.js'
import {
  AUTH_METHODS,
  AUTH_STATUSES,
  drawExternalAddress,
  drawInternalAddress,
  HOSTNAMES,
  USERNAMES,
} from './vocabulary.js'

export interface AuthEvent {
  timestamp: string
  hostname: string
  pid: ColumnValue
  status: string
  method: string
  username: string
  source: string
  port: ColumnValue
}

export function drawAuthEvent(random: Random, timestamp: string): AuthEvent {
  return {
    timestamp,
    hostname: random.pick(HOSTNAMES),
    pid: 300 + random.below(32_000),
    status: random.pick(AUTH_STATUSES),
    method: random.pick(AUTH_METHODS),
    username: random.pick(USERNAMES),
    source: random.chance(0.6) ? drawInternalAddress(random) : drawExternalAddress(random),
    port: 1024 + random.below(64_512),
  }
}

export function renderAuthLine(event: AuthEvent): string {
  return `${event.timestamp} ${event.hostname} sshd[${event.pid}]: ${event.status} ${event.method} for ${event.username} from ${event.source} port ${event.port} ssh2`
}

export function expectAuthRow(event: AuthEvent): ExpectedRow {
  return {
    logType: 'auth',
    values: {
      timestamp: event.timestamp,
      hostname: event.hostname,
      pid: event.pid,
      status: event.status,
      auth_method: event.method,
      username: event.username,
      source_ip: event.source,
      source_port: event.port,
    },
  }
}
