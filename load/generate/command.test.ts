import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { createCommand } from './command.js'
import { readOracle } from './oracle.js'

function runQuietly(...args: string[]): Promise<unknown> {
  const command = createCommand()
    .exitOverride()
    .configureOutput({ writeErr: () => undefined })
  return command.parseAsync(['node', 'generate', ...args])
}

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'generate-'))
})
afterEach(() => rm(root, { recursive: true, force: true }))

describe('generate', () => {
  test('writes files and an oracle that remembers the options', async () => {
    const args = [
      '--out',
      join(root, 'logs'),
      '--lines',
      '50',
      '--files',
      '2',
      '--seed',
      '9',
      '--hostile',
      '10',
    ]
    await runQuietly(
      ...args,
      '--shares',
      'dns=1,auth=1',
      '--start',
      '2025-02-01',
      '--events-per-second',
      '10',
    )
    const { options } = await readOracle(join(root, 'logs.oracle.json'))
    expect(options).toEqual({
      seed: 9,
      lines: 50,
      files: 2,
      shares: { firewall: 0, dns: 1, auth: 1 },
      startMs: Date.UTC(2025, 1, 1),
      eventsPerSecond: 10,
      hostilePercent: 10,
      rotateLines: 0,
    })
  })

  test.each([
    [['--lines', '1e6'], 'whole number'],
    [['--lines', '-5'], 'whole number'],
    [['--shares', 'mail=1'], 'firewall, dns, auth'],
    [['--start', 'yesterday'], 'a time in UTC'],
    [['--start', '2024-02-31'], 'a time in UTC'],
    [['--hostile', '120'], '0 to 100'],
    [['--rate', '0'], 'above 0'],
    [['--rotate', 'delete'], 'rename, copytruncate'],
    [['--rotate', 'rename'], 'belong together'],
  ])('refuses %j and says what it expected', async (args, message) => {
    await expect(runQuietly('--out', join(root, 'logs'), ...args)).rejects.toThrow(message)
  })
})
