import { createHash } from 'node:crypto'
import { expect, it } from 'vitest'
import { BatchBodyBuilder } from '../streams/batch-body.js'
import { UnopenableEntryError } from '../streams/envelope.js'
import { hashLines } from './line-hashes.js'

const texts = ['one', '', 'three\r', 'föur\0', 'long'.repeat(5000), 'six']

function bodyOf(lines: readonly string[]): Buffer {
  const builder = new BatchBodyBuilder()
  lines.forEach((text, index) => {
    const bytes = Buffer.from(text)
    builder.add(bytes, 0, bytes.length, index * 30_000, bytes.length)
  })
  return builder.finish()
}

it('hashes each line with its type, as it stands in the file, and says where it is', () => {
  const hashes = hashLines(bodyOf(texts), { logType: 'dns', start: 7000, lines: 6 })
  expect([...hashes.offsets]).toEqual([7000, 37_000, 67_000, 97_000, 127_000, 157_000])
  expect([...hashes.bytes]).toEqual([3, 0, 6, 6, 20_000, 3])
  const expected = texts.map((text) => createHash('sha256').update(`dns\0${text}`).digest().subarray(0, 16))
  expect(hashes.hashes.equals(Buffer.concat(expected))).toBe(true)
})

it('refuses a body with more or fewer lines than its meta says', () => {
  for (const lines of [5, 7, 1e12]) {
    expect(() => hashLines(bodyOf(texts), { logType: 'dns', start: 0, lines })).toThrow(UnopenableEntryError)
  }
})
