import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, it, vi } from 'vitest'
import { temporaryDirectory } from '../../../load/test/temporary-directory.js'
import { newCommand } from './new.js'

afterEach(() => vi.restoreAllMocks())

/** Squid's access.log among lines that are none of it. */
const proxyLines = [
  '--- rotated ---',
  '1700000000.123     45 192.0.2.1 TCP_MISS/200 512 GET http://example.com/ - HIER_DIRECT/203.0.113.7 text/html',
  '1700000001.500 120031 192.0.2.2 TCP_TUNNEL/200 3921 CONNECT example.com:443 anna HIER_DIRECT/203.0.113.7 -',
  '--MARK--',
  '    \u001b[31mcontinued',
  '1700000002.007      0 192.0.2.1 TCP_DENIED/403 3840 GET http://ads.example/ - HIER_NONE/- text/html',
  '1700000003.000      2 192.0.2.9 TCP_MEM_HIT/200 77 GET http://example.com/a - HIER_NONE/- image/png',
  '-- end --',
]

async function run(name: string, more: (directory: string) => readonly string[]) {
  const directory = await temporaryDirectory()
  const file = join(directory, 'sample.log')
  await writeFile(file, `${proxyLines.join('\n')}\n`)
  const written = { stdout: '', stderr: '' }
  for (const stream of ['stdout', 'stderr'] as const) {
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      written[stream] += String(text)
      return true
    })
  }
  const codes: number[] = []
  const command = newCommand({ configFile: undefined }, (code) => codes.push(code))
  await command.parseAsync([name, '--from', file, ...more(directory)], { from: 'user' })
  expect(codes).toEqual([0])
  return { directory, ...written }
}

const summary = `4 of 8 sample lines become rows of 10 columns.
The draft does not take 4, the first 3 are:
  --- rotated ---
    no_match: expected a text that the pattern fits
  --MARK--
    not recognised
      \\x1b[31mcontinued
    not recognised
`

it('prints the draft, and beside it which lines it does not take', async () => {
  const { stdout, stderr } = await run('proxy', () => [])
  expect(stdout).toMatch(/^# A draft.*formats: \["epoch-s"\].*\n {2}- \[ip, timestamp\]\n$/s)
  expect(stdout).toContain('(?<time>[^ ]+) +(?<number_1>[^ ]+) (?<ip>')
  expect(stderr).toBe(summary)
})

it('writes the draft and its samples, and says which lines it does not take', async () => {
  const { directory, stdout } = await run('proxy', (out) => ['--out', out])
  expect(stdout).toBe(
    `Written: ${directory}/proxy.yaml\nWritten: ${directory}/samples/proxy.yaml\n${summary}`,
  )
  expect(await readFile(join(directory, 'samples', 'proxy.yaml'), 'utf8')).toContain(
    '- line: "--MARK--"\n  unclaimed: true\n',
  )
})
