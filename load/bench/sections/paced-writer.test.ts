import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { temporaryDirectory } from '../../test/temporary-directory.js'
import { skipLines, startPacedWriter } from './paced-writer.js'

test('finds where so many lines end', () => {
  const bytes = Buffer.from('a\nbb\nccc\n')
  expect(skipLines(bytes, 0, 2)).toEqual({ end: 5, count: 2 })
  expect(skipLines(bytes, 5, 9)).toEqual({ end: 9, count: 1 })
  expect(skipLines(bytes, 9, 1)).toEqual({ end: 9, count: 0 })
})

test('writes all lines at the rate, whole ones, and remembers what it wrote when', async () => {
  const directory = await temporaryDirectory()
  const [source, path] = [join(directory, 'source'), join(directory, 'grown')]
  await writeFile(source, 'line\n'.repeat(100))
  const startMs = performance.now()
  const log = await startPacedWriter(source, path, 500, new AbortController().signal)
  await log.finished
  expect(performance.now() - startMs).toBeGreaterThan(190)
  expect(await readFile(path, 'utf8')).toBe('line\n'.repeat(100))
  expect(log.totalBytes).toBe(500)
  expect(log.written.at(-1)?.endByte).toBe(500)
  expect(log.written.reduce((sum, { lines }) => sum + lines, 0)).toBe(100)
  expect(log.written.every(({ endByte }) => endByte % 5 === 0)).toBe(true)
})
