import { expect, it } from 'vitest'
import { chooseMarks, chooseTimeMarks, formatTime } from './axis.js'

it('puts marks at round numbers', () => {
  expect(chooseMarks(0, 0.97, 5, 'decimal')).toEqual([0, 0.2, 0.4, 0.6, 0.8])
  expect(chooseMarks(0, 2100, 5, 'decimal')).toEqual([0, 500, 1000, 1500, 2000])
  expect(chooseMarks(0, 3 * 2 ** 20, 3, 'binary')).toEqual([0, 2 ** 20, 2 * 2 ** 20, 3 * 2 ** 20])
})

it('puts marks of time at whole minutes', () => {
  expect(chooseTimeMarks(61, 361, 5).map((seconds) => formatTime(seconds, false))).toEqual([
    '00:02',
    '00:03',
    '00:04',
    '00:05',
    '00:06',
  ])
})
