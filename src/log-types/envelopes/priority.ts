import { type EnvelopeLine, isDigit, PRIORITY } from './envelope-line.js'

/** By number, as RFC 5424 has them; the names are those of syslog.conf. */
export const facilityNames = [
  'kern',
  'user',
  'mail',
  'daemon',
  'auth',
  'syslog',
  'lpr',
  'news',
  'uucp',
  'cron',
  'authpriv',
  'ftp',
  'ntp',
  'audit',
  'alert',
  'clock',
  ...Array.from({ length: 8 }, (_, index) => `local${index}`),
] as const

export const severityNames = ['emerg', 'alert', 'crit', 'err', 'warning', 'notice', 'info', 'debug'] as const

const MAX_PRIORITY = 191
const LESS = 0x3c
const GREATER = 0x3e

/** Reads `<34>`: returns the place after it, `start` where there is no `<`, or -1 for one that is no priority. */
export function readPriority(bytes: Buffer, start: number, end: number, line: EnvelopeLine): number {
  if (start >= end || bytes[start] !== LESS) return start
  let priority = 0
  let at = start + 1
  const limit = Math.min(end, start + 4)
  for (; at < limit && isDigit(bytes[at]); at++) priority = priority * 10 + bytes[at]! - 0x30
  if (at === start + 1 || at >= end || bytes[at] !== GREATER || priority > MAX_PRIORITY) return -1
  line.priority = priority
  line.set(PRIORITY, start + 1, at)
  return at + 1
}
