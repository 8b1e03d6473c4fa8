import { describe, expect, it } from 'vitest'
import { valueEncoder } from '../../../load/test/encode-value.js'

describe('a prepared value', () => {
  it('is absent where it is one of the nulls, before anything else', () => {
    const encode = valueEncoder({ type: 'text', nulls: ['-', 'N/A'], normalise: ['trim'] })
    expect(['-', 'N/A', '', 'n/a', ' - ', 'x'].map(encode)).toEqual([null, null, null, 'n/a', '-', 'x'])
    const required = valueEncoder({ type: 'text', required: true, nulls: ['-'] })
    expect(['-', '', 'x'].map(required)).toEqual(['refused: missing_field', 'refused: missing_field', 'x'])
  })
  it.each([
    [['trim'], ' \t a b\r', 'a b'],
    [['trim'], ' \t ', null],
    [['lower'], 'ÄBC-x', 'Äbc-x'],
    [['lower'], 'abc', 'abc'],
    [['upper'], 'abß@[`{', 'ABß@[`{'],
    [['no-trailing-dot'], 'a.b.', 'a.b'],
    [['no-trailing-dot'], '.', '.'],
    [['no-trailing-dot', 'no-trailing-dot'], 'a..', 'a'],
    [['unbracket'], '[::1]', '::1'],
    [['unbracket'], '[]', null],
    [['unbracket'], '[', '['],
    [['unbracket'], '[a', '[a'],
    [['trim', 'unbracket', 'lower'], ' [ABC] ', 'abc'],
  ])('is normalised: %j of %j', (normalise, value, expected) => {
    expect(valueEncoder({ type: 'text', normalise })(value)).toBe(expected)
  })
  it('has its default where it is absent, and no required field is missing then', () => {
    const encode = valueEncoder({
      type: 'integer',
      required: true,
      nulls: ['-'],
      normalise: ['trim'],
      default: '7',
    })
    expect(['', '-', '  ', '3', 'x'].map(encode)).toEqual(['7', '7', '7', '3', 'refused: bad_integer'])
  })
  it('is mapped last, its default too', () => {
    const map = { 6: 'TCP', 17: 'UDP' }
    const encode = valueEncoder({ type: 'text', normalise: ['trim'], default: '17', map })
    expect(['6', ' 6', '', '1', '66'].map(encode)).toEqual(['TCP', 'TCP', 'UDP', '1', '66'])
    const only = valueEncoder({ type: 'text', map, mapOnly: true })
    expect(['6', '', '1', 'toString'].map(only)).toEqual([
      'TCP',
      null,
      'refused: bad_value',
      'refused: bad_value',
    ])
    expect(valueEncoder({ type: 'boolean', map: { drop: 'no' } })('drop')).toBe('false')
  })
})
