import { expect, it } from 'vitest'
import { loadLogTypes } from '../registry.js'
import { classifyLine, contentOf } from './line-content.js'

const registry = await loadLogTypes('config/log-types')
const dns = '2024-01-15T00:00:00Z client 10.0.0.1 query: example.com IN A + (10.0.0.2) NOERROR'

it('leaves out a carriage return, and a byte order mark where the file begins', () => {
  const line = Buffer.from('\ufeffa line\r')
  expect(contentOf(line, 0).toString()).toBe('a line')
  expect(contentOf(line, 1).toString()).toBe('\ufeffa line')
  expect(contentOf(Buffer.from('\r'), 7)).toHaveLength(0)
})

it('classifies a line by its content, and neither an empty one nor a part of one', () => {
  const classify = (text: string, lineOffset: number, missing = 0) => {
    const line = Buffer.from(text)
    return classifyLine(line, lineOffset, line.length + missing, registry)?.name
  }
  expect(classify(dns, 0)).toBe('dns')
  expect(classify(`\ufeff${dns}\r`, 0)).toBe('dns')
  expect(classify('nobody', 0)).toBeUndefined()
  for (const empty of ['', '\r', '\ufeff\r']) expect(classify(empty, 0)).toBeUndefined()
  expect(classify(dns, 0, 1)).toBeUndefined()
})
