import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { loadSettings } from '../settings/load-settings.js'
import { tryLogTypes } from './try-log-types.js'

let directory: string
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'sluice-try-'))
})
afterEach(async () => {
  await rm(directory, { recursive: true })
})

const good = '2024-01-15T10:23:45Z client 192.0.2.1 query: a.example IN A + (192.0.2.2) NOERROR'
const bad = good.replace('192.0.2.1', '192.0.2.256')

function tryFiles(stop = new AbortController().signal) {
  const settings = loadSettings({ env: { SLUICE_READER_MAX_LINE_BYTES: '300' } })
  return tryLogTypes({ settings, paths: [directory], shownLines: 2, onProgress: () => {}, stop })
}

it('counts what becomes of every line, in plain files and gzip', async () => {
  const lines = [good, bad, '', 'nobody', 'knows\r', 'these', `${bad}\r`, 'x'.repeat(400), good].join('\n')
  await writeFile(join(directory, 'a.log'), `\ufeff${lines}`)
  await writeFile(join(directory, 'b.log.gz'), gzipSync(`${good}\n`))
  const { tally, loaded, files, warnings } = await tryFiles()
  expect([files, tally.lines, warnings]).toEqual([2, 10, []])
  const dns = loaded.registry.types.findIndex(({ name }) => name === 'dns')
  expect(tally.types[dns]).toMatchObject({ lines: 5, rows: 3 })
  expect(tally.unclaimed).toEqual({ no_type: 3, empty_line: 1, oversize_line: 1 })
  expect(tally.firstUnclaimed.map(({ number, raw }) => [number, raw.toString()])).toEqual([
    [4, 'nobody'],
    [5, 'knows'],
  ])
  expect(tally.refused).toMatchObject([
    { logType: 'dns', refusal: { reason: 'bad_address' }, lines: 2, first: { number: 2 } },
  ])
})

it('says which file ends early, and refuses a path that leads nowhere', async () => {
  await expect(tryFiles()).resolves.toMatchObject({ files: 0 })
  await writeFile(join(directory, 'b.log.gz'), gzipSync(`${good}\n`.repeat(1000)).subarray(0, 60))
  expect((await tryFiles()).warnings).toEqual([expect.stringContaining('b.log.gz: ')])
})

it('ends with what it knows when it is interrupted', async () => {
  await writeFile(join(directory, 'a.log'), `${good}\n`)
  expect((await tryFiles(AbortSignal.abort())).warnings).toEqual([expect.stringContaining('interrupted')])
})
