import { readCri } from './cri.js'
import { readDocker } from './docker.js'
import type { EnvelopeLine } from './envelope-line.js'
import type { EnvelopeKind } from './envelope-schema.js'
import { readRfc3164 } from './rfc3164.js'
import { looksLikeRfc5424, readRfc5424 } from './rfc5424.js'

/**
 * Whether [start, end) has the envelope, and where its parts lie. Looks at nothing outside of the line, never throws,
 * and takes at most two passes.
 */
export type EnvelopeReader = (bytes: Buffer, start: number, end: number, line: EnvelopeLine) => boolean

interface EnvelopeFacts {
  readonly read: EnvelopeReader
  /** The bytes that such a line begins with. */
  readonly firstBytes: string
  /** The fields that it may have. */
  readonly fields: readonly string[]
  /** What its time is written in, for columns that do not say. */
  readonly timeFormats: readonly string[]
}

const digits = '0123456789'
/** Of a priority, a month or a year. */
const rfc3164Beginnings = `<ADFJMNOS${digits}`
const rfc3164Fields = ['@timestamp', '@host', '@app', '@pid', '@priority', '@facility', '@severity']
const rfc5424Fields = [...rfc3164Fields, '@msgid', '@structured']
const syslogTimes = ['iso8601', '%b %e %H:%M:%S', '%b %e %H:%M:%S.%f']
const isoTimes = ['iso8601']
const containerFields = ['@timestamp', '@stream', '@partial']

export const envelopes: Readonly<Record<EnvelopeKind, EnvelopeFacts>> = {
  syslog: {
    read: readSyslog,
    firstBytes: rfc3164Beginnings,
    fields: rfc5424Fields,
    timeFormats: syslogTimes,
  },
  rfc3164: {
    read: readRfc3164,
    firstBytes: rfc3164Beginnings,
    fields: rfc3164Fields,
    timeFormats: syslogTimes,
  },
  rfc5424: { read: readRfc5424, firstBytes: '<', fields: rfc5424Fields, timeFormats: isoTimes },
  docker: { read: readDocker, firstBytes: '{', fields: containerFields, timeFormats: isoTimes },
  cri: { read: readCri, firstBytes: digits, fields: containerFields, timeFormats: isoTimes },
}

/** Either form, told apart by the version that only one of them has. */
function readSyslog(bytes: Buffer, start: number, end: number, line: EnvelopeLine): boolean {
  return looksLikeRfc5424(bytes, start, end)
    ? readRfc5424(bytes, start, end, line)
    : readRfc3164(bytes, start, end, line)
}
