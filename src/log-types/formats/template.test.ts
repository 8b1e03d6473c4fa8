import { describe, expect, it } from 'vitest'
import { parseTemplate, TemplateError } from './template.js'

describe('parseTemplate', () => {
  it('splits literals and placeholders', () => {
    expect(parseTemplate('{a} x {b*}{{y}}')).toEqual([
      { kind: 'placeholder', name: 'a', toLast: false },
      { kind: 'literal', text: ' x ' },
      { kind: 'placeholder', name: 'b', toLast: true },
      { kind: 'literal', text: '{y}' },
    ])
    expect(parseTemplate('')).toEqual([])
  })

  it.each([
    ['{a', 'closed'],
    ['a}', '}}'],
    ['{}', '{name}'],
    ['{a b}', '{name}'],
    ['{a**}', '{name}'],
    ['{a}{b}', 'between two placeholders'],
    ['x {a*}', 'after a placeholder with *'],
    ['ä {a}', 'ASCII'],
    ['a\nb', 'ASCII'],
    [`{a}${'x'.repeat(65)}`, 'at most 64'],
  ])('refuses %j', (text, expected) => {
    expect(() => parseTemplate(text)).toThrow(TemplateError)
    expect(() => parseTemplate(text)).toThrow(expected)
  })
})
