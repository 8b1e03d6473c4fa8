import { expect, test } from 'vitest'
import { startSluice } from '../test/sluice-process.js'

test('who waits for a line that never comes learns at once that the process has ended, and what it said', async () => {
  const version = startSluice(['--version'])
  const waiting = version.waitForLine(/never/, { timeoutMs: 150_000 })
  await expect(waiting).rejects.toThrow(/ended with 0, and did not print \/never\/(.|\n)*--- stdout\n\d/)
})

test('a line is found although the process has ended', async () => {
  const version = startSluice(['--version'])
  await version.waitForExit()
  expect((await version.waitForLine(/^(\d+)\.\d+/))[0]).toMatch(/^\d/)
})
