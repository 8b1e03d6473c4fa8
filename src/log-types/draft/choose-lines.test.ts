import { expect, it } from 'vitest'
import { chooseLines } from './choose-lines.js'

const choose = (...lines: string[]) =>
  chooseLines(lines.map((line) => Buffer.from(line))).map((chosen) => ({
    lines: chosen.lines.map(String),
    others: chosen.others,
  }))

it.each([
  ['2026-01-15 10:23:45 a', '2026-01-15 10:23:46 b'],
  ['Jan  5 10:23:45 a', 'Jan 15 10:23:46 b'],
  ['1700000000.123 a', '1700000001 b'],
  ['1700000000123 a', '1700000001456 b'],
  ['ts=1700000000 a', 'ts=1700000001 b'],
  ['192.0.2.1 - - [15/Jan/2026:10:23:45 +0000] a', '192.0.2.22 - x [15/Jan/2026:10:23:46 +0000] b'],
  ['{"a":1,"ts":1700000000}', '{"ts":1700000001,"a":"2 3"}'],
])('leaves out what has no time among lines such as %s', (first, second) => {
  const [best, ...others] = choose('--MARK--', first, second, '  at somewhere')
  expect(best).toEqual({ lines: [first, second], others: ['--MARK--', '  at somewhere'] })
  expect(others.map(({ lines }) => lines.length)).toEqual([4])
})

it('leaves out first what has its time elsewhere, then nothing that has one', () => {
  const line = '2026-01-15T10:23:45Z gw1 accept'
  const banner = '-- Logs begin at 2026-01-15 00:00:00 --'
  expect(choose(banner, line, line, '--MARK--').map(({ lines }) => lines.length)).toEqual([2, 3, 4])
})

it('takes numbers for times only where all of a number is one', () => {
  expect(choose('17000000001 a', '21700000000 b')).toEqual([
    { lines: ['17000000001 a', '21700000000 b'], others: [] },
  ])
})
