import { describe, expect, it } from 'vitest'
import type { Content } from './content.js'
import { lineMemory, visitLines } from './visit-lines.js'

/** Content that gives at most so many bytes at a time. */
function contentOf(bytes: Buffer, most: number): Content {
  return {
    compressed: false,
    damage: undefined,
    close: async () => {},
    read: async (buffer, at, until, offset) => {
      const end = Math.min(bytes.length, offset + Math.min(most, until - at))
      return end > offset ? bytes.copy(buffer, at, offset, end) : 0
    },
  }
}

async function linesOf(
  text: string,
  most: number,
  maxLineBytes: number,
): Promise<[string, number, number][]> {
  const memory = lineMemory(maxLineBytes)
  const lines: [string, number, number][] = []
  await visitLines(contentOf(Buffer.from(text), most), memory, maxLineBytes, (start, end, offset, bytes) => {
    lines.push([memory.toString('latin1', start, end), offset, bytes])
    return true
  })
  return lines
}

describe('visitLines', () => {
  it('visits each line once, with its offset, however the bytes come', async () => {
    const texts = [
      '',
      '\n',
      'a',
      'a\n\nb',
      `x\n${'y'.repeat(50)}\nz\r\n`,
      `${'q'.repeat(99)}`,
      `${'q'.repeat(99)}\nr\n`,
    ]
    for (const text of texts) {
      let offset = 0
      const expected = text.split('\n').map((line): [string, number, number] => {
        const one: [string, number, number] = [line.slice(0, 10), offset, line.length]
        offset += line.length + 1
        return one
      })
      if (text === '' || text.endsWith('\n')) expected.pop()
      for (const most of [1, 3, 10, 11, 1000]) expect(await linesOf(text, most, 10)).toEqual(expected)
    }
  })

  it('ends when it is told to', async () => {
    let visited = 0
    const memory = lineMemory(10)
    await visitLines(contentOf(Buffer.from('a\nb\nc\n'), 100), memory, 10, () => ++visited < 2)
    expect(visited).toBe(2)
  })
})
