import { describe, expect, it } from 'vitest'
import { CopyWriter, tupleOffsets } from '../postgres/copy-writer.js'
import { readTuple } from '../postgres/read-tuple.js'
import type { LogType } from './log-type.js'
import { parseLine } from './parse-line.js'
import { refusalReasons } from './refusal.js'
import { loadLogTypes } from './registry.js'

/** Every declared type needs samples here: the exact row of a line, and lines that are refused, with the reason. */
const samples: Record<
  string,
  { rows: [string, Record<string, string | null>][]; refused: [string, string][] }
> = {
  firewall: {
    rows: [
      [
        '2024-01-15T10:23:45.123Z|action=accept|src=192.168.1.100|dst=10.0.0.50|proto=TCP|src_port=51234|dst_port=443|bytes_sent=1024|rule=web_access',
        {
          timestamp: '2024-01-15T10:23:45.123000Z',
          action: 'accept',
          src_ip: '192.168.1.100',
          dst_ip: '10.0.0.50',
          protocol: 'TCP',
          src_port: '51234',
          dst_port: '443',
          bytes_sent: '1024',
          rule: 'web_access',
          extra: null,
        },
      ],
      [
        '2024-01-15T10:23:45.123Z|proto=ICMP|dst=2001:db8::1|src=::1|action=deny|icmp_type=8',
        {
          timestamp: '2024-01-15T10:23:45.123000Z',
          action: 'deny',
          src_ip: '0:0:0:0:0:0:0:1',
          dst_ip: '2001:db8:0:0:0:0:0:1',
          protocol: 'ICMP',
          src_port: null,
          dst_port: null,
          bytes_sent: null,
          rule: null,
          extra: '{"icmp_type":"8"}',
        },
      ],
    ],
    refused: [
      ['yesterday|action=accept|src=1.1.1.1|dst=1.1.1.1|proto=TCP', 'bad_timestamp'],
      ['2024-01-15T10:23:45Z|action=accept|src=1.1.1.1|dst=1.1.1|proto=TCP', 'bad_address'],
      ['2024-01-15T10:23:45Z|action=accept|src=1.1.1.1|dst=1.1.1.1', 'missing_field'],
      ['2024-01-15T10:23:45Z|action=accept|src=1.1.1.1|dst=1.1.1.1|proto=TCP|src_port=x', 'bad_integer'],
      ['2024-01-15T10:23:45Z|action=accept|src=1.1.1.1|dst=1.1.1.1|proto=TCP|bytes_sent=-1', 'out_of_range'],
      ['2024-01-15T10:23:45Z|action=accept|src=1.1.1.1|dst=1.1.1.1|proto=TCP|proto=UDP', 'duplicate_field'],
      [`2024-01-15T10:23:45Z|action=accept|src=1.1.1.1|dst=1.1.1.1|proto=${'x'.repeat(1025)}`, 'too_long'],
    ],
  },
  dns: {
    rows: [
      [
        '2024-01-15T10:23:45.123Z client 192.168.1.100 query: evil-domain.com IN A + (10.0.0.2) NOERROR',
        {
          timestamp: '2024-01-15T10:23:45.123000Z',
          client_ip: '192.168.1.100',
          query_domain: 'evil-domain.com',
          query_type: 'A',
          server_ip: '10.0.0.2',
          response_code: 'NOERROR',
          extra: null,
        },
      ],
      [
        // The domain is chosen by who asks for it.
        '2024-01-15T10:23:45.123Z client 192.168.1.100 query: a IN A + (192.0.2.9) NOERROR IN AAAA + (10.0.0.2) NXDOMAIN',
        {
          timestamp: '2024-01-15T10:23:45.123000Z',
          client_ip: '192.168.1.100',
          query_domain: 'a IN A + (192.0.2.9) NOERROR',
          query_type: 'AAAA',
          server_ip: '10.0.0.2',
          response_code: 'NXDOMAIN',
          extra: null,
        },
      ],
    ],
    refused: [
      ['yesterday client 1.1.1.1 query: a IN A + (1.1.1.1) NOERROR', 'bad_timestamp'],
      ['2024-01-15T10:23:45Z client 1.1.1 query: a IN A + (1.1.1.1) NOERROR', 'bad_address'],
      ['2024-01-15T10:23:45Z client 1.1.1.1 query:  IN A + (1.1.1.1) NOERROR', 'no_match'],
      ['2024-01-15T10:23:45Z client 1.1.1.1 query: a IN A + (1.1.1.1) ', 'no_match'],
      [`2024-01-15T10:23:45Z client 1.1.1.1 query: ${'a'.repeat(256)} IN A + (1.1.1.1) NOERROR`, 'too_long'],
    ],
  },
  auth: {
    rows: [
      [
        '2024-01-15T10:23:45.123Z auth-srv01 sshd[12345]: Accepted password for admin from 192.168.1.5 port 52222 ssh2',
        {
          timestamp: '2024-01-15T10:23:45.123000Z',
          hostname: 'auth-srv01',
          pid: '12345',
          status: 'Accepted',
          auth_method: 'password',
          username: 'admin',
          source_ip: '192.168.1.5',
          source_port: '52222',
          extra: null,
        },
      ],
      [
        // The user name is chosen by who logs in.
        '2024-01-15T10:23:45.123Z h sshd[1]: Failed password for root from 192.0.2.1 port 1 ssh2 from 192.168.1.5 port 52222 ssh2',
        {
          timestamp: '2024-01-15T10:23:45.123000Z',
          hostname: 'h',
          pid: '1',
          status: 'Failed',
          auth_method: 'password',
          username: 'root from 192.0.2.1 port 1 ssh2',
          source_ip: '192.168.1.5',
          source_port: '52222',
          extra: null,
        },
      ],
    ],
    refused: [
      ['yesterday h sshd[1]: Failed password for root from 1.1.1.1 port 1 ssh2', 'bad_timestamp'],
      ['2024-01-15T10:23:45Z h sshd[1]: Failed password for root from 1.1.1.1 port 1', 'no_match'],
      [
        '2024-01-15T10:23:45Z h sshd[1]: Failed password for root from 1.1.1.1 port 65536 ssh2',
        'out_of_range',
      ],
      ['2024-01-15T10:23:45Z h sshd[x]: Failed password for root from 1.1.1.1 port 1 ssh2', 'bad_integer'],
    ],
  },
}

const registry = await loadLogTypes(new URL('../../config/log-types', import.meta.url).pathname)
const out = { timestampMs: 0 }

function random(seed: number): (below: number) => number {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * below)
  }
}

/** What encodeLine makes of a line: the tuple's bytes, or the reason. Checks what must hold of any line. */
function encode(type: LogType, bytes: Buffer, start = 0, end = bytes.length): string {
  const writer = new CopyWriter(64)
  writer.beginTuple(type.columns.length + 1)
  const refusal = type.encodeLine(bytes, start, end, false, writer, out)
  if (refusal !== undefined) {
    if (!refusalReasons.includes(refusal.reason)) throw new Error(refusal.reason)
    return refusal.reason
  }
  const tuple = writer.take()
  const offsets = tupleOffsets(tuple)
  if (offsets.length !== 2 || readTuple(tuple, 0).length !== type.columns.length + 1) throw new Error('tuple')
  return tuple.toString('latin1')
}

/** A line whose bytes count how often they are read. */
function counted(line: Buffer): { bytes: Buffer; reads: () => number } {
  let reads = 0
  const bytes = new Proxy(line, {
    get(target, property) {
      if (typeof property === 'string' && property >= '0' && property <= '9~') reads++
      const value: unknown = Reflect.get(target, property, target)
      return typeof value === 'function' ? value.bind(target) : value
    },
  })
  return { bytes, reads: () => reads }
}

it('every declared type has samples', () => {
  expect(registry.types.map((type) => type.name)).toEqual(Object.keys(samples))
})

describe.each(registry.types.map((type) => [type.name, type] as const))('%s', (name, type) => {
  const { rows, refused } = samples[name]!
  const lines = rows.map(([line]) => Buffer.from(line))

  it.each(rows)('gives the exact fields of %s', (line, row) => {
    const parsed = parseLine(type, line)
    expect('row' in parsed ? Object.fromEntries(parsed.row) : parsed.refusal).toEqual(row)
    expect(parsed).toMatchObject({ timestampMs: Date.parse(row.timestamp!) })
    expect(registry.types[registry.classify(Buffer.from(line), 0, Buffer.byteLength(line))]?.name).toBe(name)
  })

  it.each(refused)('recognises and refuses %s', (line, reason) => {
    expect(parseLine(type, line)).toMatchObject({ refusal: { reason } })
    expect(registry.types[registry.classify(Buffer.from(line), 0, line.length)]?.name).toBe(name)
  })

  it('refuses NUL bytes and invalid UTF-8 before anything else', () => {
    for (const line of lines) {
      for (const [byte, reason] of [
        [0x00, 'nul_byte'],
        [0xff, 'invalid_utf8'],
      ] as const) {
        for (let at = 0; at < line.length; at += 7) {
          const changed = Buffer.from(line)
          changed[at] = byte
          expect(encode(type, changed)).toBe(reason)
        }
      }
    }
  })

  it('encodes clean text the same with and without the checks', () => {
    for (const line of lines) {
      const writer = new CopyWriter()
      writer.beginTuple(type.columns.length + 1)
      expect(type.encodeLine(line, 0, line.length, true, writer, out)).toBeUndefined()
      expect(writer.take().toString('latin1')).toBe(encode(type, line))
    }
  })

  it('reads nothing outside of the line, wherever it is cut', () => {
    for (const line of lines) {
      for (let start = 0; start < line.length; start += start < 40 ? 1 : 13) {
        for (let end = start; end <= line.length; end++) {
          const alone = Buffer.from(line.subarray(start, end))
          if (encode(type, line, start, end) !== encode(type, alone)) throw new Error(`${start} ${end}`)
          if (type.detect(line, start, end) !== type.detect(alone, 0, alone.length))
            throw new Error(`${start} ${end}`)
        }
      }
    }
  })

  it('never throws on 20,000 random and mutated lines', () => {
    const below = random(20_240_115)
    const tokens = [
      '|',
      '=',
      ' ',
      ' from ',
      ' IN ',
      '::',
      '"',
      '\\',
      '{}',
      'Z',
      '-',
      '9'.repeat(40),
      '\0',
      '\xff',
      '\xed\xa0\x80',
      'src=',
    ]
    let accepted = 0
    for (let round = 0; round < 20_000; round++) {
      let line: Buffer
      if (round % 4 === 0) {
        line = Buffer.from(Array.from({ length: below(300) }, () => below(round % 8 === 0 ? 256 : 128)))
      } else {
        line = Buffer.from(lines[below(lines.length)]!)
        for (let change = below(4); change >= 0; change--) {
          const at = below(line.length + 1)
          const kind = below(4)
          if (kind === 0 && at < line.length) line[at] = below(256)
          else if (kind === 1) line = Buffer.concat([line.subarray(0, at), line.subarray(at + below(5))])
          else if (kind === 2) line = line.subarray(0, at)
          else {
            const token = Buffer.from(tokens[below(tokens.length)]!, 'latin1')
            line = Buffer.concat([line.subarray(0, at), token, line.subarray(at)])
          }
        }
      }
      registry.classify(line, 0, line.length)
      if (encode(type, line).length > 20) accepted++
    }
    expect(accepted).toBeGreaterThan(100)
  })

  it('makes a bounded number of steps on long hostile lines', () => {
    const [first] = rows[0]!
    const fills = [
      ' ',
      '|',
      '=',
      ':',
      '|a=',
      '=|',
      ' from ',
      ' IN ',
      ' port ',
      ' ssh2',
      '"',
      '\\',
      '\x01',
      '9',
      '1:',
      ': ',
      '(',
    ]
    const inserts = [0, 24, first.length >> 1, first.length - 1, first.length]
    for (const fill of fills) {
      for (const at of inserts) {
        const text = first.slice(0, at) + fill.repeat(Math.floor(65_000 / fill.length)) + first.slice(at)
        const { bytes, reads } = counted(Buffer.from(text))
        registry.classify(bytes, 0, text.length)
        expect(reads()).toBeLessThan(10_000)
        const { bytes: line, reads: lineReads } = counted(Buffer.from(text))
        const writer = new CopyWriter()
        type.encodeLine(line, 0, text.length, false, writer, out)
        expect(lineReads()).toBeGreaterThanOrEqual(text.length)
        expect(lineReads()).toBeLessThan(8 * text.length)
        // A row holds the line's bytes once; only undeclared fields grow, up to their bound.
        expect(writer.position).toBeLessThan(text.length + 16_384 + 1000)
      }
    }
  })
})

describe('key-value types', () => {
  it('bound the steps for undeclared keys of the same length and beginning', () => {
    const keys = Array.from({ length: 64 }, (_, index) => `|${'k'.repeat(200)}${index + 10}=`)
    const text = `${samples.firewall!.rows[0]![0]}${keys.join('')}`
    const { bytes, reads } = counted(Buffer.from(text))
    const writer = new CopyWriter()
    expect(registry.byName('firewall')!.encodeLine(bytes, 0, text.length, false, writer, out)).toBeUndefined()
    expect(reads()).toBeLessThan(8 * text.length)
  })
})
