import { describe, expect, it } from 'vitest'
import { createRandom } from '../../../load/generate/random.js'
import { valueEncoder } from '../../../load/test/encode-value.js'
import { columnTypeNames } from './column-schema.js'

/** Every value with what it becomes; a list of values that are all refused for one reason. */
function takes(keys: object, values: Record<string, string>): void {
  const encode = valueEncoder(keys)
  for (const [value, expected] of Object.entries(values))
    expect([value, encode(value)]).toEqual([value, expected])
}
function refuses(keys: object, reason: string, values: readonly string[]): void {
  const encode = valueEncoder(keys)
  for (const value of values) expect([value, encode(value)]).toEqual([value, `refused: ${reason}`])
}

describe('smallint', () => {
  it('takes decimal digits within its range', () => {
    takes({ type: 'smallint' }, { 0: '0', '-0': '0', 32767: '32767', '-32768': '-32768', '00000000007': '7' })
    refuses({ type: 'smallint' }, 'bad_integer', ['-', '+1', '1.0', 'x', '1 '])
    refuses({ type: 'smallint' }, 'out_of_range', ['32768', '-32769', '9'.repeat(400)])
    refuses({ type: 'smallint', min: 1, max: 5 }, 'out_of_range', ['0', '6'])
  })
})

describe('double', () => {
  const type = { type: 'double' }
  it('takes decimal numbers with and without an exponent', () => {
    takes(type, {
      0: '0',
      '-0': '-0',
      '+1': '1',
      '1.5': '1.5',
      '.5': '0.5',
      '2.': '2',
      '6e-7': '6e-7',
      '1E+3': '1000',
      '0e999999': '0',
      '1.7976931348623157e308': '1.7976931348623157e+308',
      '5e-324': '5e-324',
      '0.000000000000000000000000000000001': '1e-33',
    })
  })
  it('refuses what is no finite number', () => {
    refuses(type, 'bad_number', [
      'NaN',
      'Infinity',
      '-inf',
      '.',
      '-',
      'e5',
      '1e',
      '1e+',
      '1.2.3',
      '0x10',
      '1,5',
    ])
    refuses(type, 'bad_number', ['1 ', ' 1', '1_000', '1'.repeat(2000)])
    refuses(type, 'out_of_range', ['1e309', '-1e309', '1e-400', '1e99999999999', `1${'0'.repeat(400)}`])
    refuses({ ...type, min: 0, max: 1 }, 'out_of_range', ['-0.1', '1.1'])
  })
  it('rounds as the platform does, on 100,000 numbers', () => {
    const encode = valueEncoder(type)
    const { below } = createRandom(11)
    const digits = (most: number) => Array.from({ length: 1 + below(most) }, () => below(10)).join('')
    for (let i = 0; i < 100_000; i++) {
      const fraction = below(2) === 0 ? '' : `.${digits(12)}`
      const exponent = below(2) === 0 ? '' : `e${below(60) - 30}`
      const text = `${below(2) === 0 ? '-' : ''}${digits(17)}${fraction}${exponent}`
      const value = Number(text)
      const expected = Object.is(value, -0) ? '-0' : String(value)
      if (encode(text) !== expected) throw new Error(`${text}: ${encode(text)}`)
    }
  })
})

describe('boolean', () => {
  it('takes words in any case', () => {
    takes({ type: 'boolean' }, { true: 'true', T: 'true', YES: 'true', 1: 'true', off: 'false', N: 'false' })
    refuses({ type: 'boolean' }, 'bad_boolean', ['2', 'truee', 'tru', 'ja', ' true', 'x'.repeat(9999)])
    takes({ type: 'boolean', true: ['allow'], false: ['DENY', 'drop'] }, { Allow: 'true', deny: 'false' })
    refuses({ type: 'boolean', true: ['allow'], false: ['deny'] }, 'bad_boolean', ['true'])
  })
})

describe('cidr', () => {
  const type = { type: 'cidr' }
  it('takes networks whose bits after the prefix are 0', () => {
    takes(type, {
      '10.0.0.0/8': '10.0.0.0/8',
      '0.0.0.0/0': '0.0.0.0/0',
      '192.0.2.1': '192.0.2.1/32',
      '192.0.2.128/25': '192.0.2.128/25',
      '192.0.2.254/31': '192.0.2.254/31',
      '2001:db8::/32': '2001:db8:0:0:0:0:0:0/32',
      '::1': '0:0:0:0:0:0:0:1/128',
      '::/0': '0:0:0:0:0:0:0:0/0',
    })
    refuses(type, 'bad_network', ['10.0.0.1/8', '192.0.2.128/24', '10.0.0.0/33', '::/129', '2001:db8::1/64'])
    refuses(type, 'bad_network', [
      '10.0.0.0/',
      '10.0.0.0/08',
      '10/8',
      '/8',
      '10.0.0.0/8/8',
      '10.0.0.0/-1',
      'x',
    ])
    refuses(type, 'bad_network', ['10.0.0.0/255.0.0.0', '1.1.1.1/1000'])
  })
})

describe('macaddr', () => {
  const type = { type: 'macaddr' }
  it('takes the four ways of writing six bytes', () => {
    for (const text of ['08:00:2B:01:02:ff', '08-00-2b-01-02-ff', '0800.2b01.02ff', '08002b0102ff']) {
      takes(type, { [text]: '08:00:2b:01:02:ff' })
    }
    refuses(type, 'bad_mac', ['08:00:2b:01:02', '08:00:2b:01:02:0g', '08:00-2b:01:02:03', '0800:2b01:0203'])
    refuses(type, 'bad_mac', ['8:0:2b:1:2:3', '08:00:2b:01:02:03:04:05', '08 00 2b 01 02 03', '08002b01020'])
  })
})

describe('uuid', () => {
  const type = { type: 'uuid' }
  const uuid = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'
  it('takes it with and without hyphens and braces', () => {
    takes(type, {
      [uuid]: uuid,
      [uuid.toUpperCase()]: uuid,
      [`{${uuid}}`]: uuid,
      [uuid.replaceAll('-', '')]: uuid,
      [`{${uuid.replaceAll('-', '')}}`]: uuid,
    })
    refuses(type, 'bad_uuid', [
      `{${uuid}`,
      `${uuid}}`,
      uuid.slice(1),
      `${uuid}0`,
      uuid.replace('a', 'g'),
      '{}',
      '{',
    ])
    refuses(type, 'bad_uuid', ['a0eebc999c0b4ef8-bb6d-6bb9bd380a11----', `${'-'.repeat(36)}`])
  })
})

describe('enum', () => {
  it('takes the declared values and no others', () => {
    const column = { type: 'enum', values: ['accept', 'deny', 'größer'] }
    takes(column, { accept: 'accept', deny: 'deny', größer: 'größer' })
    refuses(column, 'bad_value', ['Accept', 'accep', 'accept ', 'toString', '__proto__'])
  })
})

describe('jsonb', () => {
  const type = { type: 'jsonb' }
  it('takes JSON that PostgreSQL takes', () => {
    takes(type, {
      '{"a": [1, null]}': '{"a": [1, null]}',
      '"x"': '"x"',
      ' 1e3 ': ' 1e3 ',
      '"1e9999"': '"1e9999"',
    })
    refuses(type, 'bad_json', ['{', "{'a':1}", '[1,]', '01', '"\\u0000"', '"\\ud800"', 'nul', 'NaN', '"\t"'])
    refuses(type, 'bad_json', ['1e1001', '[1E-9999]', `[${'1'.repeat(2000)}]`])
    takes(type, { [`${'['.repeat(100)}${']'.repeat(100)}`]: `${'['.repeat(100)}${']'.repeat(100)}` })
    refuses(type, 'bad_json', [`${'['.repeat(101)}${']'.repeat(101)}`, '['.repeat(60_000)])
    refuses({ ...type, maxBytes: 5 }, 'too_long', ['[1, 2]'])
  })
})

describe('arrays', () => {
  it('are split at a separator, empty items left out', () => {
    takes({ type: 'text[]', separator: ',' }, { 'a,b': '["a","b"]', ',a,,': '["a"]', ',': '[]', ä: '["ä"]' })
    takes({ type: 'text[]', separator: ', ' }, { 'a, b,c': '["a","b,c"]', 'a,': '["a,"]' })
    takes({ type: 'integer[]', separator: '|' }, { '1|-2': '[1,-2]' })
    takes({ type: 'bigint[]', separator: ' ' }, { '9223372036854775807 1': '[9223372036854775807,1]' })
    takes({ type: 'inet[]', separator: ';' }, { '192.0.2.1;::1': '["192.0.2.1","0:0:0:0:0:0:0:1"]' })
    refuses({ type: 'integer[]', separator: ',' }, 'bad_integer', ['1,x'])
    refuses({ type: 'integer[]', separator: ',', max: 5 }, 'out_of_range', ['1,6'])
    refuses({ type: 'inet[]', separator: ',' }, 'bad_address', ['192.0.2.1,x'])
    refuses({ type: 'text[]', separator: ',', maxBytes: 2 }, 'too_long', ['ab,abc'])
    refuses({ type: 'text[]', separator: ',', maxItems: 2 }, 'too_long', ['a,b,c'])
  })
  it('are read from JSON beside a separator, where the value is a JSON array', () => {
    const type = { type: 'text[]', separator: ',', json: true } as const
    takes(type, {
      'a,b': '["a","b"]',
      '["a,b", 1.5, null]': '["a,b","1.5",null]',
      '[]': '[]',
      '[a],b': '["[a]","b"]',
      '["a"],b': '["[\\"a\\"]","b"]',
      '[': '["["]',
    })
    takes({ ...type, type: 'inet[]' }, { '["::1"]': '["0:0:0:0:0:0:0:1"]', '::1': '["0:0:0:0:0:0:0:1"]' })
    refuses({ ...type, type: 'integer[]' }, 'bad_integer', ['["x"]', '[1'])
    takes({ type: 'text[]', separator: ',' }, { '["a"]': '["[\\"a\\"]"]' })
  })
  it('are read from JSON where no separator is declared', () => {
    takes(
      { type: 'text[]' },
      {
        '[]': '[]',
        ' [ "a" , 1.0, true, null, "" ] ': '["a","1.0","true",null,null]',
        '["q\\"\\\\\\/\\n", "\\u00e4\\ud83d\\ude00 ]"]': '["q\\"\\\\/\\n","ä😀 ]"]',
      },
    )
    takes({ type: 'integer[]' }, { '[1, "2", null]': '[1,2,null]' })
    takes({ type: 'inet[]' }, { '["10.0.0.1"]': '["10.0.0.1"]' })
    refuses({ type: 'text[]' }, 'bad_json', ['{}', '"a"', '[[]]', '[{}]', '["a"', 'a,b', '["\\u0000"]'])
    refuses({ type: 'integer[]' }, 'bad_integer', ['[1.5]', '[true]', '["\\u0061"]'])
    refuses({ type: 'text[]', maxItems: 1 }, 'too_long', ['[1,2]'])
  })
})

it('no type throws on 200,000 random values, with every preparation', () => {
  const { below } = createRandom(7)
  const pieces = [
    '"',
    '\\u',
    '\\',
    'd83d',
    '[',
    ']',
    '{',
    '}',
    ',',
    ':',
    '.',
    '-',
    'e',
    '0',
    '1',
    '255',
    '::',
    '/',
    '%',
  ]
  const more = { nulls: ['-'], normalise: ['trim', 'lower', 'no-trailing-dot', 'unbracket'], map: { a: '1' } }
  const formats = [
    'iso8601',
    'epoch-s',
    'epoch-ns',
    '%b %e %H:%M:%S',
    '%d/%b/%Y:%I:%M:%S.%f %p %z',
    '%y%j',
    '%s.%f',
  ]
  const encoders = columnTypeNames.map((type) => {
    const own = { enum: { values: ['a'] }, timestamptz: { formats }, 'text[]': { separator: ',' } }
    return valueEncoder({ type, ...more, ...(own as Record<string, object>)[type] })
  })
  let taken = 0
  for (let round = 0; round < 200_000 / encoders.length; round++) {
    const value =
      round % 3 === 0
        ? Buffer.from(Array.from({ length: 1 + below(40) }, () => below(256)))
        : Buffer.from(Array.from({ length: 1 + below(9) }, () => pieces[below(pieces.length)]).join(''))
    for (const encode of encoders) if (!encode(value)?.startsWith('refused')) taken++
  }
  expect(taken).toBeGreaterThan(10_000)
}, 60_000)
