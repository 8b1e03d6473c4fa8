import { expect, it } from 'vitest'
import { CopyWriter } from '../postgres/copy-writer.js'
import { originOf, readDeadLetters, writeDeadLetter } from './dead-letter-tuple.js'

it('reads back what was written', () => {
  const writer = new CopyWriter()
  const origin = originOf({ logType: 'dns', sourceId: 7, hash: 'ab'.repeat(32) }, 3)
  const bytes = Buffer.from('<a line>')
  const line = { bytes, start: 1, end: 7, offset: 2 ** 40, fullBytes: 6 }
  writeDeadLetter(writer, origin, line, 'bad_integer', 'dst_port')
  const first = writer.written().length
  writeDeadLetter(writer, origin, { ...line, end: 1, offset: 0 }, 'no_match', null)
  const tuples = writer.take()
  const same = { logType: 'dns', parserVersion: 3, batchHash: Buffer.from('ab'.repeat(32), 'hex') }
  expect(readDeadLetters(tuples)).toMatchObject([
    {
      ...same,
      lineOffset: 2 ** 40,
      raw: Buffer.from('a line'),
      reason: 'bad_integer',
      detail: 'dst_port',
      tuple: tuples.subarray(0, first),
    },
    { ...same, lineOffset: 0, raw: Buffer.alloc(0), reason: 'no_match', detail: null },
  ])
  expect(() => readDeadLetters(tuples.subarray(1))).toThrow('malformed')
})
