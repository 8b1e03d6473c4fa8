import { afterEach, expect, it, vi } from 'vitest'
import { testCommand } from './test.js'

afterEach(() => vi.restoreAllMocks())

async function run(...argv: readonly string[]) {
  let stdout = ''
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += String(text)
    return true
  })
  const codes: number[] = []
  const command = testCommand({ configFile: undefined }, (code) => codes.push(code))
  await command.parseAsync([...argv, '--json'], { from: 'user' })
  const { logTypes } = JSON.parse(stdout) as { logTypes: { name: string; samples: number }[] }
  return { codes, names: logTypes.map(({ name }) => name), samples: logTypes.map(({ samples }) => samples) }
}

it('tries the samples of every type, those of the catalogue too, and all of them pass', async () => {
  const { codes, names, samples } = await run()
  expect(codes).toEqual([0])
  expect(names).toEqual(expect.arrayContaining(['firewall', 'dns', 'auth', 'sshd', 'generic_json']))
  expect(Math.min(...samples)).toBeGreaterThan(0)
})

it('tries those of one type', async () => {
  expect((await run('dns')).names).toEqual(['dns'])
})

it('names the types that there are when there is none of that name', async () => {
  await expect(run('dsn')).rejects.toMatchObject({
    code: 'SLUICE_USAGE',
    expected: expect.stringMatching(/\bdns\b.*\bgeneric_json\b/),
    got: 'dsn',
  })
})
