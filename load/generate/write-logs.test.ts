import { createHash } from 'node:crypto'
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { generateRecords } from './generate-records.js'
import { segmentName } from './layout.js'
import { type GenerateOptions, resolveOptions } from './options.js'
import { defaultOraclePath, type Oracle, readOracle, writeOracle } from './oracle.js'
import { isDeadLetter } from './record.js'
import { writeLogs } from './write-logs.js'

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'generate-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

/** Compares the oracle with what stands in the files, and every record with the bytes at its place. */
async function recount(given: Partial<GenerateOptions>, oracle: Oracle, directory: string): Promise<void> {
  const options = resolveOptions(given)
  expect((await readdir(directory)).sort()).toEqual(oracle.files.map(({ name }) => name).sort())
  const contents = new Map<string, Buffer>()
  for (const file of oracle.files) {
    const bytes = await readFile(join(directory, file.name))
    const content = oracle.output.gzip ? gunzipSync(bytes) : bytes
    contents.set(segmentName(options, file.file, file.segment), content)
    const newlines = content.filter((byte) => byte === 0x0a).length
    expect(newlines + (content.at(-1) === 0x0a ? 0 : 1), file.name).toBe(file.lines)
    expect(content.length).toBe(file.bytes)
    expect(createHash('sha256').update(content).digest('hex')).toBe(file.sha256)
  }
  const rows = { firewall: 0, dns: 0, auth: 0 }
  let deadLettered = 0
  for (const { file, segment, offset, line, terminator, expected } of generateRecords(options)) {
    const content = contents.get(segmentName(options, file, segment))
    const written = content?.subarray(offset, offset + line.length + terminator.length)
    expect(written?.equals(Buffer.concat([line, Buffer.from(terminator)]))).toBe(true)
    if (isDeadLetter(expected)) deadLettered++
    else rows[expected.logType]++
  }
  const lines = oracle.files.reduce((total, file) => total + file.lines, 0)
  expect(oracle.totals.lines).toBe(options.lines)
  expect(lines).toBe(options.lines)
  expect(oracle.rows).toEqual(rows)
  expect(oracle.totals.deadLettered).toBe(deadLettered)
  expect(oracle.deadLetters.reduce((total, { lines: count }) => total + count, 0)).toBe(deadLettered)
  expect(oracle.totals.rows + oracle.totals.deadLettered).toBe(options.lines)
}

describe('writeLogs', () => {
  const options = { seed: 5, lines: 6000, files: 4, hostilePercent: 5 }

  test('writes files that the oracle and the records describe exactly', async () => {
    const directory = join(root, 'logs')
    await recount(options, await writeLogs(options, { directory }), directory)
  })

  test('writes the same content compressed', async () => {
    const plain = await writeLogs(options, { directory: join(root, 'plain') })
    const directory = join(root, 'compressed')
    const oracle = await writeLogs(options, { directory, gzip: true })
    await recount(options, oracle, directory)
    expect(oracle.files.map(({ name }) => name)).toContain('logs_0003.log.gz')
    expect(oracle.files.map(({ sha256 }) => sha256)).toEqual(plain.files.map(({ sha256 }) => sha256))
  })

  test.each(['rename', 'copytruncate'] as const)('rotates by %s without losing a line', async (rotation) => {
    const directory = join(root, rotation)
    const rotating = { ...options, files: 2, rotateLines: 700 }
    const oracle = await writeLogs(rotating, { directory, rotation })
    await recount(rotating, oracle, directory)
    expect(oracle.files).toHaveLength(10)
    expect(oracle.files[0]?.name).toBe('logs_0000.log.4')
    expect(oracle.files[4]?.name).toBe('logs_0000.log')
  })

  test('grows files in real time, through the middle of lines, to the same content', async () => {
    const directory = join(root, 'growing')
    const growing = { ...options, lines: 600, files: 1, rotateLines: 250 }
    const startedMs = performance.now()
    const writing = writeLogs(growing, { directory, rotation: 'rename', linesPerSecond: 1500 })
    let partial = 0
    let running = true
    const done = writing.finally(() => {
      running = false
    })
    while (running) {
      const content = await readFile(join(directory, 'logs_0000.log')).catch(() => Buffer.alloc(0))
      if (content.length > 0 && content.at(-1) !== 0x0a) partial++
      await new Promise((next) => setTimeout(next, 5))
    }
    const oracle = await done
    expect(performance.now() - startedMs).toBeGreaterThan(350)
    expect(partial).toBeGreaterThan(0)
    await recount(growing, oracle, directory)
  })

  test('refuses a directory that holds something', async () => {
    await writeFile(join(root, 'logs_0000.log'), 'of an earlier run\n')
    await expect(writeLogs(options, { directory: root })).rejects.toThrow('not empty')
  })
})

describe('oracle', () => {
  test('survives its file and stands beside the directory', async () => {
    const directory = join(root, 'logs')
    const oracle = await writeLogs({ lines: 100, hostilePercent: 50 }, { directory })
    const path = defaultOraclePath(`${directory}/`)
    expect(path).toBe(`${directory}.oracle.json`)
    await writeOracle(path, oracle)
    expect(await readOracle(path)).toEqual(oracle)
  })

  test('is refused when it is something else', async () => {
    const path = join(root, 'other.json')
    await writeFile(path, '{"version": 2}')
    await expect(readOracle(path)).rejects.toThrow('is not an oracle')
  })
})
