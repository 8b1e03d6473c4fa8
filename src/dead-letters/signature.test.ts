import { describe, expect, it } from 'vitest'
import { groupIdOf, signatureBytes, signatureOf } from './signature.js'

const ofLine = (line: string | Buffer) =>
  signatureOf('no_type', null, Buffer.from(line).subarray(0, signatureBytes))

describe('the signature of a dead letter', () => {
  it('is the detail where there is one, whatever the line is', () => {
    expect(signatureOf('duplicate_field', 'action: expected once', Buffer.from('a line'))).toBe(
      'action: expected once',
    )
  })

  it('is the detail as it is where a declaration says what it expects', () => {
    const detail = 'src_ip: expected an IPv4 address before "|"'
    expect(signatureOf('bad_address', detail, Buffer.alloc(0))).toBe(detail)
  })

  it('of a line without content is nothing', () => {
    expect([ofLine(''), ofLine('\r'), ofLine(' \t')]).toEqual(['', '', ''])
  })

  it('is the beginning of the line otherwise', () => {
    expect(ofLine('kernel: out of memory')).toBe('kernel: out of memory')
    expect(ofLine('x'.repeat(500))).toBe(`${'x'.repeat(60)}…`)
  })

  it.each([
    ['2024-01-15T10:23:45.123Z host7 cron[991]: done', '<time> host<n> cron[<n>]: done'],
    ['2024-01-15 10:23:45 up', '<time> up'],
    ['from 192.168.1.5 port 22', 'from <ip> port <n>'],
    ['from 2001:db8::1 port 22', 'from <ip> port <n>'],
    ['id 0x7fff12 hash deadbeef01', 'id <hex> hash <hex>'],
    ['job 123e4567-e89b-12d3-a456-426614174000', 'job <uuid>'],
    ['user "alice bob" failed', 'user "…" failed'],
    ["user 'root' failed", 'user "…" failed'],
    ['facade of defaced cafes', 'facade of defaced cafes'],
    ['a:b at 10:23', 'a:b at <n>:<n>'],
  ])('replaces values by their kind: %s', (line, signature) => {
    expect(ofLine(line)).toBe(signature)
  })

  it('puts details of values that PostgreSQL refuses together', () => {
    const detail = (value: string) =>
      signatureOf('refused_by_postgres', `22P02 invalid input: "${value}" at row 17`, Buffer.alloc(0))
    expect(detail('a')).toBe(detail('something else'))
  })

  it('holds nothing that a terminal obeys, and no trace of a character that was cut', () => {
    expect(ofLine('\x1b[2Jgone\u202e')).toBe('<bytes>[<n>Jgone\\u202e')
    expect(ofLine(Buffer.from([0x66, 0xff, 0x00, 0x9b, 0x67]))).toBe('f<bytes>g')
    const withUmlaut = Buffer.concat([Buffer.alloc(signatureBytes - 1, ' '), Buffer.from('ü')])
    expect(ofLine(withUmlaut)).toBe('')
  })
})

describe('the id of a group', () => {
  it('follows from type, reason and signature', () => {
    expect(groupIdOf('dns', 'no_match', 'x')).toMatch(/^[0-9a-f]{8}$/)
    const ids = [
      groupIdOf('dns', 'no_match', 'x'),
      groupIdOf('auth', 'no_match', 'x'),
      groupIdOf('dns', 'no_type', 'x'),
      groupIdOf('dns', 'no_match', 'y'),
    ]
    expect(new Set(ids).size).toBe(4)
    expect(groupIdOf('dns', 'no_match', 'x')).toBe(ids[0])
  })
})
