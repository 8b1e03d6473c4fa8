import { isIPv4, isIPv6 } from 'node:net'
import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../load/generate/random.js'
import { parseInetV4, parseInetV6 } from './inet.js'

function v4(text: string): number {
  const bytes = Buffer.from(`1${text}1`)
  return parseInetV4(bytes, 1, bytes.length - 1)
}

function v6(text: string): string | undefined {
  const bytes = Buffer.from(`1${text}1`)
  const out = new Uint8Array(16).fill(0xaa)
  return parseInetV6(bytes, 1, bytes.length - 1, out) ? Buffer.from(out).toString('hex') : undefined
}

describe('parseInetV4', () => {
  it.each([
    ['0.0.0.0', 0],
    ['192.168.1.100', 0xc0a80164],
    ['255.255.255.255', 0xffffffff],
  ])('reads %s', (text, address) => {
    expect(v4(text)).toBe(address)
  })

  it.each([
    '',
    '1',
    '1.2.3',
    '1.2.3.',
    '.1.2.3',
    '1..2.3',
    '1.2.3.4.5',
    '1.2.3.256',
    '01.2.3.4',
    '1.2.3.00',
    '1.2.3.4/32',
    '1.2.3.4 ',
    '+1.2.3.4',
    '0x1.2.3.4',
    '1.2.3.999999999999999999999',
    '::1',
  ])('refuses "%s"', (text) => {
    expect(v4(text)).toBe(-1)
  })
})

describe('parseInetV6', () => {
  it.each([
    ['::', '0'.repeat(32)],
    ['::1', `${'0'.repeat(31)}1`],
    ['1::', `0001${'0'.repeat(28)}`],
    ['2001:db8::1', `20010db8${'0'.repeat(23)}1`],
    ['2001:DB8:0:0:8:800:200C:417A', '20010db80000000000080800200c417a'],
    ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
    ['1:2:3:4:5:6:7::', '00010002000300040005000600070000'],
    ['::2:3:4:5:6:7:8', '00000002000300040005000600070008'],
    ['1::3:4:5:6:7:8', '00010000000300040005000600070008'],
    ['::ffff:192.168.1.100', '00000000000000000000ffffc0a80164'],
    ['64:ff9b::192.0.2.33', '0064ff9b0000000000000000c0000221'],
    ['1:2:3:4:5:6:1.2.3.4', '00010002000300040005000601020304'],
    ['::1.2.3.4', '00000000000000000000000001020304'],
    ['0000:0000:0000:0000:0000:ffff:255.255.255.255', '00000000000000000000ffffffffffff'],
  ])('reads %s', (text, hex) => {
    expect(v6(text)).toBe(hex)
  })

  it.each([
    '',
    ':',
    ':::',
    '1',
    '1:',
    ':1',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4:5:6:7:8::',
    '::1:2:3:4:5:6:7:8',
    '1::2:3:4:5:6:7:8',
    '1::2::3',
    '1:::2',
    '12345::',
    'g::',
    '::1%eth0',
    '::1/128',
    '[::1]',
    '::1 ',
    '1:2:3:4:5:6:7:1.2.3.4',
    '::1.2.3',
    '::1.2.3.4.5',
    '::01.2.3.4',
    '1.2.3.4::',
    '::1.2.3.4:5',
    '::1.2.3.4:',
    '1.2.3.4',
    '2001:db8::1:',
  ])('refuses "%s"', (text) => {
    expect(v6(text)).toBeUndefined()
  })

  it("agrees with the platform on 50,000 texts of an address's characters", () => {
    const { below, pick } = createRandom(7)
    const pieces = [
      '::',
      ':',
      '.',
      '0',
      '1',
      'ff',
      '255',
      '1.2.3.4',
      'abcd',
      '0db8',
      '1:2:3:',
      '10',
      '256',
      '4:5:6',
    ]
    let valid = 0
    for (let i = 0; i < 50_000; i++) {
      const text = Array.from({ length: 1 + below(9) }, () => pick(pieces)).join('')
      if (v4(text) >= 0 !== isIPv4(text)) throw new Error(text)
      if ((v6(text) !== undefined) !== isIPv6(text)) throw new Error(text)
      if (isIPv4(text) || isIPv6(text)) valid++
    }
    expect(valid).toBeGreaterThan(1000)
  })
})
