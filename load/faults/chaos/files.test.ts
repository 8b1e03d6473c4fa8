import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gunzipSync } from 'node:zlib'
import { beforeEach, expect, onTestFinished, test } from 'vitest'
import { compressSomeFile, copySomeFile } from './files.js'

let logs: string
let scratch: string
beforeEach(async () => {
  const directory = () => mkdtemp(join(tmpdir(), 'sluice-chaos-files-'))
  logs = await directory()
  scratch = await directory()
  onTestFinished(async () => {
    for (const path of [logs, scratch]) await rm(path, { recursive: true })
  })
})

const write = async (...names: string[]) => {
  for (const name of names) await writeFile(join(logs, name), `content of ${name}`)
}

test('a file that grows is neither copied nor compressed', async () => {
  await write('logs_0000.log')
  expect(await copySomeFile(logs, 0)).toBeUndefined()
  expect(await compressSomeFile(logs, scratch, 0)).toBeUndefined()
  expect(await readdir(logs)).toEqual(['logs_0000.log'])
})

test('a rotated file can be copied, again and again, and is not renamed under its writer', async () => {
  await write('logs_0000.log', 'logs_0000.log.1')
  expect(await copySomeFile(logs, 0.2)).toBe('logs_0000.log.1')
  expect(await copySomeFile(logs, 0.9)).toBe('logs_0000.log.1')
  expect(await readdir(join(logs, 'copies'))).toHaveLength(2)
  expect(await compressSomeFile(logs, scratch, 0.5)).toBeUndefined()
})

test('what its writer is done with is compressed, with the same content', async () => {
  await write('logs_0000.log', 'logs_0000.log.1', 'logs_0001.log')
  expect(await compressSomeFile(logs, scratch, 0.99)).toBe('logs_0000.log.1')
  expect((await readdir(logs)).sort()).toEqual(['logs_0000.log', 'logs_0000.log.1.gz', 'logs_0001.log'])
  const bytes = gunzipSync(await readFile(join(logs, 'logs_0000.log.1.gz')))
  expect(bytes.toString()).toBe('content of logs_0000.log.1')
  expect(await compressSomeFile(logs, scratch, 0)).toBe('logs_0000.log')
  expect(await compressSomeFile(logs, scratch, 0)).toBeUndefined()
})
