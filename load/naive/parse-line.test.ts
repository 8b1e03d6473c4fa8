import { expect, test } from 'vitest'
import { generateRecords } from '../generate/generate-records.js'
import { isDeadLetter } from '../generate/record.js'
import { parseNaively } from './parse-line.js'

test('the naive patterns recognise every ordinary line, so that the comparison is fair', () => {
  for (const { line, expected } of generateRecords({ lines: 2000 })) {
    if (isDeadLetter(expected)) throw new Error('An ordinary line must become a row.')
    const parse = parseNaively(line.toString())
    expect(parse?.logType).toBe(expected.logType)
    expect(parse?.timestamp).toBe(expected.values.timestamp)
    for (const [column, value] of Object.entries(expected.values)) {
      if (column !== 'timestamp')
        expect(parse?.parsed[column]).toBe(value === null ? undefined : String(value))
    }
  }
})

test('they drop what they do not recognise', () => {
  expect(parseNaively('GET /index.html 200')).toBeNull()
})
