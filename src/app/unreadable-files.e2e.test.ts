import { chmod, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { beforeEach, expect, test } from 'vitest'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { createTestPipeline, generateLog, type TestPipeline } from '../../load/test/test-pipeline.js'
import type { IngestResult } from './ingest.js'

const { text } = generateLog(8, 100)

/** Permissions hold root back only without these capabilities. As the account is kept, the checkout stays readable. */
const WITHOUT_BYPASS = '-dac_override,-dac_read_search'
const HELD_BACK_BY_MODES =
  process.platform === 'linux' && process.getuid?.() === 0
    ? ['setpriv', `--bounding-set=${WITHOUT_BYPASS}`, `--inh-caps=${WITHOUT_BYPASS}`]
    : []

let pipeline: TestPipeline
let directory: string
beforeEach(async () => {
  pipeline = await createTestPipeline({ isMigrated: true, launcher: HELD_BACK_BY_MODES })
  directory = await temporaryDirectory()
  await writeFile(join(directory, 'a.log'), text(0, 60))
})

test('a symbolic link that leads nowhere is left out with a warning', async () => {
  await symlink(join(directory, 'gone.log'), join(directory, 'link.log'))
  const result = await pipeline.ingest([directory])
  expect(result).toMatchObject({ newLines: 60, balanced: true, unreadableFiles: 0 })
  expect(result.warnings).toEqual([expect.stringMatching(/link\.log: a symbolic link/)])
})

test.each<[string, (good: string) => string]>([
  ['a file', (good) => join(good, 'missing.log')],
  ['a pattern', (good) => join(good, '*.missing')],
])('%s that is given and is not there ends the command before anything is read', async (_, missing) => {
  const exit = await pipeline.sluice(['ingest', directory, missing(directory)])
  expect(exit).toMatchObject({ code: 4, stdout: '' })
  expect(exit.stderr).toContain('error SLUICE_PATH_NOT_FOUND: ')
})

test('a file that may not be read fails the command, and everything else is read', async () => {
  const closed = join(directory, 'b.log')
  await writeFile(closed, text(60, 80))
  await writeFile(join(directory, 'c.log'), text(80))
  await chmod(closed, 0)
  const exit = await pipeline.sluice(['ingest', directory, '--json'])
  expect(exit).toMatchObject({ code: 4 })
  expect(exit.stderr).toContain('error SLUICE_PATH_UNREADABLE: ')
  expect(exit.stderr).toContain(`${closed}: EACCES`)
  const result: IngestResult = JSON.parse(exit.stdout)
  expect(result).toMatchObject({ newLines: 80, balanced: true, unreadableFiles: 1 })

  await chmod(closed, 0o644)
  expect(await pipeline.ingest([directory])).toMatchObject({ newLines: 20, unreadableFiles: 0 })
  await pipeline.expectBalanced(100)
})

test('a directory that may not be searched fails the command', async () => {
  const closed = await temporaryDirectory()
  await writeFile(join(closed, 'b.log'), text(60))
  await chmod(closed, 0)
  const exit = await pipeline.sluice(['ingest', directory, closed])
  await chmod(closed, 0o700)
  expect(exit).toMatchObject({ code: 4 })
  expect(exit.stderr).toContain('error SLUICE_PATH_UNREADABLE: ')
  await pipeline.expectBalanced(60)
})
