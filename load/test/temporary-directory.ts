import { mkdtemp, realpath, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll } from 'vitest'

const created: string[] = []

/** A fresh directory, removed after the last test of the file. */
export async function temporaryDirectory(): Promise<string> {
  const directory = await realpath(await mkdtemp(join(tmpdir(), 'sluice-test-')))
  created.push(directory)
  return directory
}

afterAll(async () => {
  for (const directory of created.splice(0)) await rm(directory, { recursive: true, force: true })
})
