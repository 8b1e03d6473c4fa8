import { readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { grokNames } from './grok-names.js'

const [BEGIN, END] = ['<!-- grok names: begin -->', '<!-- grok names: end -->']

/** What each name takes, and what it does not. */
const examples: Record<string, readonly [readonly string[], readonly string[]]> = {
  WORD: [
    ['a', 'a_1'],
    ['', 'a b', 'é'],
  ],
  NOTSPACE: [
    ['a', 'a,b'],
    ['', 'a b', 'a\tb'],
  ],
  SPACE: [['', ' \t'], ['a']],
  DATA: [['', 'a b'], []],
  GREEDYDATA: [['', 'a\rb'], []],
  QUOTED: [
    ['""', '"a \\" b"'],
    ['"a', 'a', '"a" "b"', '"a\\"'],
  ],
  INT: [
    ['0', '-12', '+3'],
    ['', '1.5', '-'],
  ],
  NUMBER: [
    ['1', '-1.5'],
    ['.5', '1.', '1e5'],
  ],
  BASE16: [
    ['ff', '0xFF'],
    ['0x', 'g'],
  ],
  IP: [
    ['192.0.2.1', '2001:db8::1', '::ffff:192.0.2.1'],
    ['host', '1'],
  ],
  IPV4: [['192.0.2.1'], ['192.0.2', '::1', '1.2.3.4.5']],
  IPV6: [
    ['::1', '2001:db8::1', '::ffff:192.0.2.1'],
    ['192.0.2.1', '12345:'],
  ],
  HOST: [
    ['a-1.example', '192.0.2.1'],
    ['a:1', ''],
  ],
  IPORHOST: [
    ['a-1.example', '::1'],
    ['a b', ''],
  ],
  PORT: [
    ['0', '65535'],
    ['123456', ''],
  ],
  MAC: [
    ['00:1b:2C:3d:4e:5f', '00-1b-2c-3d-4e-5f', '001b.2c3d.4e5f'],
    ['00:1b:2c:3d:4e', '001b2c3d4e5f'],
  ],
  UUID: [['123e4567-e89b-12d3-a456-426614174000'], ['123e4567e89b12d3a456426614174000']],
  USER: [
    ['eve', 'EXAMPLE\\eve', 'a.b@c', 'host$'],
    ['a b', ''],
  ],
  EMAIL: [['a.b+c@example.com'], ['a', '@b']],
  PATH: [
    ['/var/log/x', 'C:\\x\\y', '\\\\host\\share'],
    ['var/log', '/a b'],
  ],
  URI: [
    ['https://example.com/a?b#c', 'ftp://x'],
    ['example.com', '//x'],
  ],
  URIPATH: [
    ['/', '/a/b'],
    ['/a?b', 'a'],
  ],
  PROG: [
    ['sshd', 'postfix/smtpd'],
    ['a[1]', ''],
  ],
  LOGLEVEL: [
    ['info', 'Warning', 'ERROR', 'crit', 'err', 'emergency'],
    ['iNFO', 'hello'],
  ],
  TIMESTAMP_ISO8601: [
    [
      '2024-01-15T10:23:45Z',
      '2024-01-15 10:23:45,123',
      '2024-01-15T10:23:45.123456+01:00',
      '2024-01-15 10:23:45 +0100',
    ],
    ['2024-01-15', '15.01.2024 10:23:45'],
  ],
  SYSLOGTIMESTAMP: [
    ['Jan  5 10:23:45', 'Jan 15 10:23:45'],
    ['Jan 5 10:23:45', '2024-01-15 10:23:45'],
  ],
  HTTPDATE: [['15/Jan/2024:10:23:45 +0000'], ['15/01/2024:10:23:45 +0000']],
  EPOCH: [['1705314225', '1705314225.123456', '1705314225123'], ['170531422', '1705314225.'].slice(1)],
}

describe('names of expressions', () => {
  it.each(grokNames.map((grok) => [grok.name, grok.expression] as const))(
    '%s takes what it says',
    (name, expression) => {
      const whole = new RegExp(`^(?:${expression})$`, 's')
      const [taken, others] = examples[name]!
      for (const text of taken) expect(text).toMatch(whole)
      for (const text of others) expect(text).not.toMatch(whole)
    },
  )

  it('are all in the documentation', async () => {
    const document = await readFile(new URL('../../../../docs/log-types.md', import.meta.url), 'utf8')
    const rows = grokNames.map(({ name, takes }) => `| \`${name}\` | ${takes} |`)
    const table = ['| Name | Takes |', '|---|---|', ...rows].join('\n')
    expect(document).toContain(`${BEGIN}\n\n${table}\n\n${END}`)
  })
})
