import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../load/generate/random.js'
import { FieldSlots } from '../line/field-slots.js'
import { Fields } from '../line/fields.js'
import { EnvelopeLine } from './envelope-line.js'
import { type EnvelopeKind, envelopeKinds } from './envelope-schema.js'
import { MessageReader } from './message-reader.js'
import { envelopes } from './read-envelope.js'

const parts = ['time', 'host', 'app', 'pid', 'msgid', 'priority', 'structured', 'stream']
const line = new EnvelopeLine()

/** What was read: the parts that are there and the message; undefined for no such envelope. */
function read(kind: EnvelopeKind, text: string, around = ' '): Record<string, unknown> | undefined {
  const inside = Buffer.from(text)
  const bytes = Buffer.concat([Buffer.alloc(9, around, 'latin1'), inside, Buffer.alloc(9, around, 'latin1')])
  if (!envelopes[kind].read(bytes, 9, 9 + inside.length, line)) return undefined
  const found: Record<string, unknown> = {}
  parts.forEach((name, part) => {
    const [start, end] = [line.spans[2 * part]!, line.spans[2 * part + 1]!]
    if (start >= 0) found[name] = bytes.toString('utf8', start, end)
  })
  expect(line.messageStart).toBeGreaterThanOrEqual(9)
  expect(line.messageEnd).toBeLessThanOrEqual(9 + inside.length)
  expect(line.messageStart).toBeLessThanOrEqual(line.messageEnd)
  return { ...found, message: bytes.toString('utf8', line.messageStart, line.messageEnd) }
}

describe('rfc3164', () => {
  it.each([
    [
      'Jan  5 10:23:45 web1 sshd[123]: Accepted password',
      { time: 'Jan  5 10:23:45', host: 'web1', app: 'sshd', pid: '123', message: 'Accepted password' },
    ],
    [
      '<34>Oct 11 22:14:15 mymachine su: pam failed',
      { priority: '34', time: 'Oct 11 22:14:15', host: 'mymachine', app: 'su', message: 'pam failed' },
    ],
    [
      '2024-01-15T10:23:45.123456+01:00 web1 postfix/smtpd[9]: connect',
      {
        time: '2024-01-15T10:23:45.123456+01:00',
        host: 'web1',
        app: 'postfix/smtpd',
        pid: '9',
        message: 'connect',
      },
    ],
    [
      'Jan 5 10:23:45.123 2001:db8::1 sudo:    bob : TTY=pts/0',
      { time: 'Jan 5 10:23:45.123', host: '2001:db8::1', app: 'sudo', message: 'bob : TTY=pts/0' },
    ],
    [
      'Jan 15 10:23:45 web1 last message repeated 3 times',
      { time: 'Jan 15 10:23:45', host: 'web1', message: 'last message repeated 3 times' },
    ],
    ['Jan  1 00:00:00 kernel: eth0 up', { time: 'Jan  1 00:00:00', app: 'kernel', message: 'eth0 up' }],
    ['Jan  1 00:00:00 h sshd[x y]: m', { time: 'Jan  1 00:00:00', host: 'h', message: 'sshd[x y]: m' }],
    [
      'Jan  1 00:00:00 h sshd[1]:',
      { time: 'Jan  1 00:00:00', host: 'h', app: 'sshd', pid: '1', message: '' },
    ],
    ['Jan  1 00:00:00 h', { time: 'Jan  1 00:00:00', host: 'h', message: '' }],
  ])('%s', (text, expected) => {
    for (const around of [' ', ':', '5', ']']) {
      expect(read('rfc3164', text, around)).toEqual(expected)
      expect(read('syslog', text, around)).toEqual(expected)
    }
  })

  it.each([
    '',
    '<',
    '<34',
    '<192>Jan  5 10:23:45 h a: b',
    '<>Jan  5 10:23:45 h a: b',
    'Foo  5 10:23:45 h a: b',
    'Jan  x 10:23:45 h a: b',
    'Jan  5 10:23 h a: b',
    'Jan  5 10:23:45',
    'Jan  5 10:23:45 ',
    '2024-01-15 10:23:45 h a: b',
    '2024',
  ])('is not %j', (text) => {
    expect(read('rfc3164', text)).toBeUndefined()
    expect(read('syslog', text)).toBeUndefined()
  })
})

describe('rfc5424', () => {
  it.each([
    [
      "<34>1 2003-10-11T22:14:15.003Z mymachine.example.com su - ID47 - \ufeff'su root' failed",
      {
        priority: '34',
        time: '2003-10-11T22:14:15.003Z',
        host: 'mymachine.example.com',
        app: 'su',
        msgid: 'ID47',
        message: "'su root' failed",
      },
    ],
    [
      '<165>1 - - - - - [a@1 x="a \\"] b" y="\\\\"][b@2] text',
      { priority: '165', structured: '[a@1 x="a \\"] b" y="\\\\"][b@2]', message: 'text' },
    ],
    ['<0>1 - h a 77 - -', { priority: '0', host: 'h', app: 'a', pid: '77', message: '' }],
    ['<0>1 - h a - - - ', { priority: '0', host: 'h', app: 'a', message: '' }],
  ])('%s', (text, expected) => {
    for (const around of [' ', '"', ']', '[']) {
      expect(read('rfc5424', text, around)).toEqual(expected)
      expect(read('syslog', text, around)).toEqual(expected)
    }
  })

  it.each([
    '<34>1 ',
    '<34>2 - - - - - - x',
    '1 - - - - - - x',
    '<34>1 - - - - -',
    '<34>1 - - - - - x',
    '<34>1 - - - - - [a "x] m',
    '<34>1 - - - - - [a "x\\',
    '<34>1 - - - - - -x',
    '<34>1  - - - - - x',
  ])('is not %j', (text) => expect(read('rfc5424', text)).toBeUndefined())
})

describe('cri', () => {
  it.each([
    ['F some text', 0, 'some text'],
    ['P some', 1, 'some'],
    ['F:x y', 0, 'y'],
    ['F ', 0, ''],
    ['F', 0, ''],
  ])('%s', (rest, partial, message) => {
    const time = '2024-01-15T10:23:45.123456789Z'
    expect(read('cri', `${time} stderr ${rest}`)).toEqual({ time, stream: 'stderr', message })
    expect(line.partial).toBe(partial)
  })

  it.each(['stdin F x', 'stdout X x', 'stdout Fx', 'stdout', ''])('is not %j', (rest) =>
    expect(read('cri', `2024-01-15T10:23:45.123456789Z ${rest}`)).toBeUndefined(),
  )
})

describe('docker', () => {
  const time = '2024-01-15T10:23:45.123456789Z'

  it('finds the message in any order of the members', () => {
    const members = [
      '"log":"a b\\n"',
      '"stream":"stdout"',
      '"attrs":{"x":["}",{}]}',
      `"time":"${time}"`,
      '"n": -1',
    ]
    for (let turn = 0; turn < members.length; turn++) {
      members.push(members.shift()!)
      expect(read('docker', `{${members.join(',')}}`, '"')).toEqual({
        time,
        stream: 'stdout',
        message: 'a b',
      })
      expect([line.partial, line.isEscaped]).toEqual([0, false])
    }
  })

  it('takes the newline off only where it is one', () => {
    for (const text of ['a\n', 'a', 'a\\n', 'a\\\n', '\n', '', 'tab\t\n']) {
      const object = JSON.stringify({ log: text, stream: 'stderr', time })
      const message = read('docker', object)?.message as string
      expect(JSON.parse(`"${message}"`)).toBe(text.replace(/\n$/, ''))
      expect(line.partial).toBe(text.endsWith('\n') ? 0 : 1)
    }
  })

  it.each([
    '{}',
    '{"log":1}',
    '{"log":"a","log":"b"}',
    '{"log":"a"',
    '{"log":"a"} x',
    '{"log":"a",}',
    '{"log" "a"}',
    '{"log":"a","x":}',
    '{"log":"a","x":[}',
    '{"log":"a\\"}',
    '["log"]',
  ])('is not %j', (text) => expect(read('docker', text)).toBeUndefined())
})

describe('a message with escapes', () => {
  const fields = new Fields(0)
  const reader = new MessageReader('docker', new FieldSlots([]), fields)

  /** The message of an object whose `log` is written so, or why it is refused. */
  function decode(log: string): string | undefined {
    const bytes = Buffer.from(`{"log":"${log}","stream":"stdout"}`)
    fields.clear()
    const refusal = reader.open(bytes, 0, bytes.length, fields)
    if (refusal !== undefined) return refusal.reason
    return (reader.isInScratch ? fields.scratch.buffer : bytes).toString('utf8', reader.start, reader.end)
  }

  it('agrees with JSON.parse', () => {
    for (const text of [
      'ä😀"\\/\b\f\n\r\t',
      '\u2028\ud83d\ude00x',
      'x"'.repeat(9000),
      '\x1b[0m',
      '"\n\n',
      '\n',
    ]) {
      expect(decode(JSON.stringify(text).slice(1, -1))).toBe(text.replace(/\n$/, ''))
      const all = [...`${text}.`].flatMap((character) =>
        Array.from(
          { length: character.length },
          (_, at) => `\\u${character.charCodeAt(at).toString(16).padStart(4, '0')}`,
        ),
      )
      expect(decode(all.join(''))).toBe(`${text}.`)
    }
  })

  it('says what is no text', () => {
    for (const end of ['', '\\n']) {
      for (const text of ['a\\x', 'a\\u12', 'a\\u12g4', 'a\\u']) expect(decode(text + end)).toBe('no_match')
      for (const text of ['a\\ud800', 'a\\udc00\\ud800', 'a\\ud800x', 'a\\ud800\\u0041'])
        expect(decode(text + end)).toBe('invalid_utf8')
      expect(decode(`a\\u0000${end}`)).toBe('nul_byte')
    }
  })
})

it('stays within the line and never throws, whatever the bytes are', () => {
  const { below } = createRandom(7)
  const seeds = [
    '<34>1 2003-10-11T22:14:15.003Z h su 1 ID47 [a x="y"] m',
    'Jan  5 10:23:45 web1 sshd[123]: Accepted',
    '2024-01-15T10:23:45.123456789Z stdout F text',
    '{"log":"a\\tb\\n","stream":"stdout","time":"2024-01-15T10:23:45Z"}',
  ]
  const tokens = [' ', '[', ']', ':', '"', '\\', '<', '>', '{', '}', ',', '\0', '\xff', '-']
  for (let round = 0; round < 20_000; round++) {
    let text = seeds[below(seeds.length)]!
    for (let change = below(4); change > 0; change--) {
      const at = below(text.length + 1)
      text = text.slice(0, at) + tokens[below(tokens.length)]! + text.slice(at + below(6))
    }
    for (const kind of envelopeKinds) {
      expect(read(kind, text, tokens[below(tokens.length)]!)).toEqual(read(kind, text))
    }
  }
})
