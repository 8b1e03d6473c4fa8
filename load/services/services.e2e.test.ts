import { existsSync } from 'node:fs'
import { chmod, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { isAlive } from '../test/is-alive.js'
import { pollUntil } from '../test/poll-until.js'
import { type SluiceProcess, startNode } from '../test/sluice-process.js'
import { temporaryDirectory } from '../test/temporary-directory.js'

const SERVICES = new URL('../../dist/load/services/services.js', import.meta.url).href
const STAY = 'setInterval(() => undefined, 1000)'

test.each([
  ['returns without stopping them', ''],
  ['stops them', 'await services.stop()'],
  ['throws', "throw new Error('on purpose')"],
])('nothing is left of the services of a program that %s', async (_, ending) => {
  await expectNothingLeft(await startHolder(ending))
})

test.each(['SIGINT', 'SIGHUP', 'SIGKILL'] as const)(
  'nothing is left of the services of a program that is ended by %s',
  async (signal) => {
    const holder = await startHolder(STAY)
    await holder.waitForLine(/^holding/)
    holder.process.kill(signal)
    await expectNothingLeft(holder)
  },
)

test.each([
  ['creates the cluster', 'postgres.unfinished/data/base'],
  ['starts Postgres', 'postgres.log'],
])('nothing is left of a program that is killed while it %s', async (_, sign) => {
  const parent = await temporaryDirectory()
  // The account that Postgres runs under has to get in.
  await chmod(parent, 0o711)
  const directory = join(parent, 'services')
  const holder = await startHolder(STAY, { directory })
  await pollUntil(`${sign} appears`, () => existsSync(join(directory, sign)), { intervalMs: 2 })
  await holder.kill()
  await pollUntil('the directory is gone', () => !existsSync(directory))
})

/** Starts a program that starts services, says where they are, and then does `ending`. */
async function startHolder(ending: string, options: { directory?: string } = {}): Promise<SluiceProcess> {
  const script = join(await temporaryDirectory(), 'holder.mjs')
  await writeFile(
    script,
    `import { startEmbeddedServices } from '${SERVICES}'
const services = await startEmbeddedServices(${JSON.stringify(options)})
const { directory, postgres, redis } = services
console.log('holding ' + JSON.stringify({ directory, pids: [postgres.pid, redis.pid] }))
${ending}
`,
  )
  return startNode(script, [])
}

async function expectNothingLeft(holder: SluiceProcess): Promise<void> {
  const [, json = ''] = await holder.waitForLine(/^holding (.*)/)
  const { directory, pids }: { directory: string; pids: number[] } = JSON.parse(json)
  expect(pids).toHaveLength(2)
  await holder.waitForExit()
  await pollUntil('the servers have ended', () => !pids.some(isAlive))
  await pollUntil('the directory is gone', () => !existsSync(directory))
}
