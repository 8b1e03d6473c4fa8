import { expect, test } from 'vitest'
import { count, fixed, renderMarkdownTable, renderTextTable, short } from './table.js'

const table = {
  title: 'Rates',
  headings: ['who', 'rows/s', 'how'],
  rows: [
    ['naive', '2,500', 'a line at a time'],
    ['a|b', '-', ''],
  ],
  notes: ['One round.'],
}

test('text has aligned columns, numbers to the right', () => {
  expect(renderTextTable(table)).toBe(`Rates

who    rows/s  how
-----  ------  ----------------
naive   2,500  a line at a time
a|b         -

One round.
`)
})

test('markdown escapes what would end a cell', () => {
  expect(renderMarkdownTable(table)).toBe(`**Rates**

| who | rows/s | how |
|---|--:|---|
| naive | 2,500 | a line at a time |
| a\\|b | - |  |

- One round.`)
})

test('numbers are short, and missing ones a dash', () => {
  expect([count(1234567.4), fixed(2, 1), fixed(null, 1)]).toEqual(['1,234,567', '2.0', '-'])
  expect([0.01234, 1.234, 12.34, 1234.5, 0, undefined].map(short)).toEqual([
    '0.0123',
    '1.23',
    '12.3',
    '1,235',
    '0',
    '-',
  ])
})
