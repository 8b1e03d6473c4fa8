import { drawOrdinaryLine } from '../ordinary-line.js'
import { LOG_TYPES } from '../record.js'
import { type HostileKind, setAside, validRow } from './hostile-kind.js'
import { drawLineWithBytes, drawLineWithText } from './text-field.js'

export const nulByte: HostileKind = {
  name: 'nul_byte',
  summary: 'a NUL inside a value, alone or before invalid UTF-8',
  outcomes: ['firewall/nul_byte', 'dns/nul_byte', 'auth/nul_byte'],
  draw(context) {
    const logType = context.random.pick(LOG_TYPES)
    const bytes = context.random.pick([Buffer.from([0]), Buffer.from([0, 0xff]), Buffer.from([0xff, 0])])
    return setAside(drawLineWithBytes(context, logType, bytes), logType, 'nul_byte')
  },
}

const INVALID_SEQUENCES = [
  Buffer.from([0xff]), // never a byte of UTF-8
  Buffer.from([0xc3, 0x28]), // a lead byte without its continuation
  Buffer.from([0xc0, 0xaf]), // an overlong slash
  Buffer.from([0xed, 0xa0, 0x80]), // a surrogate
  Buffer.from([0xf4, 0x90, 0x80, 0x80]), // beyond U+10FFFF
  Buffer.from([0xe9]), // Latin-1
] as const

export const invalidUtf8: HostileKind = {
  name: 'invalid_utf8',
  summary: 'a value with bytes that are not UTF-8: overlong, surrogate, cut short, Latin-1',
  outcomes: ['firewall/invalid_utf8', 'dns/invalid_utf8', 'auth/invalid_utf8'],
  draw(context) {
    const logType = context.random.pick(LOG_TYPES)
    const bytes = context.random.pick(INVALID_SEQUENCES)
    return setAside(drawLineWithBytes(context, logType, bytes), logType, 'invalid_utf8')
  },
}

export const foreignText: HostileKind = {
  name: 'foreign_text',
  summary:
    'valid text of several bytes a character, quotes, backslashes, terminal escapes, COPY and SQL syntax',
  outcomes: ['row'],
  draw(context) {
    const logType = context.random.pick(LOG_TYPES)
    const text = context.random.pick([
      'größe-παράδειγμα-例え',
      '🦊🔥',
      '\\N',
      '\\.',
      "'); DROP TABLE dns_logs;--".replaceAll(' ', '/'),
      '\u001b[31mroot\u001b[0m',
      '"quoted"\\t{}',
    ])
    const { line, expected } = drawLineWithText(context, logType, text)
    return validRow(line, expected)
  },
}

export const crlf: HostileKind = {
  name: 'crlf',
  summary: 'an ordinary line that ends in carriage return and newline',
  outcomes: ['row'],
  draw({ random, timestamp }) {
    const { line, expected } = drawOrdinaryLine(random, random.pick(LOG_TYPES), timestamp)
    return validRow(line, expected, '\r\n')
  },
}
