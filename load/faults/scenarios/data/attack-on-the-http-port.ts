import { equal, rejects } from 'node:assert/strict'
import { connect } from 'node:net'
import { networkInterfaces } from 'node:os'
import type { RoleProcess } from '../../../installation/installation.js'
import { pollUntil } from '../../../test/poll-until.js'
import type { Scenario } from '../../scenario.js'

const paths = ['/metrics', '/healthz', '/readyz']
const others = [
  '/',
  '/admin',
  '/reset',
  '/metrics/../reset',
  '/%2e%2e/%2e%2e/etc/passwd',
  '/%ff',
  '/metrics%00',
  '/__proto__',
]

export const attackOnTheHttpPort: Scenario = {
  name: 'attack-on-the-http-port',
  faults: [],
  title:
    'Somebody who can reach the HTTP port of every role tries methods, paths, oversize and malformed requests, and other addresses of the machine.',
  observe:
    'All that answers is GET and HEAD of /metrics, /healthz and /readyz. Other addresses of the machine than the loopback one refuse the connection. Lines come in as before.',
  discuss:
    'CVE-2024-4323 was in the monitoring port of a log collector. What can your collectors be told to do by whoever reaches their ports?',
  recovery:
    'The port shows, and changes nothing: there is no request that does. It listens on the loopback address unless http.host says otherwise, bounds requests in size and time, and answers without telling what went wrong inside.',
  async run(trial) {
    const writing = trial.keepWriting()
    const roles = await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    for (const role of roles) await attack(role)
    trial.tell('all requests were refused')
    return {
      oracle: await writing,
      async check() {
        for (const { httpUrl } of roles) equal((await fetch(`${httpUrl}/healthz`)).status, 200)
      },
    }
  },
}

async function attack({ httpUrl }: RoleProcess): Promise<void> {
  const status = async (path: string, init?: RequestInit) => (await fetch(httpUrl + path, init)).status
  for (const path of paths) {
    equal(await status(path), 200, path)
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      equal(await status(path, { method }), 404, `${method} ${path}`)
    }
  }
  for (const path of others) {
    const code = await status(path)
    equal(code === 404 || code === 400, true, `${path} answers ${code}`)
  }
  const crossSite = await fetch(`${httpUrl}/metrics`, { headers: { origin: 'https://evil.example' } })
  equal(crossSite.headers.get('access-control-allow-origin'), null)
  equal(await status('/metrics', { headers: { cookie: 'x'.repeat(100_000) } }), 431)

  const port = Number(new URL(httpUrl).port)
  for (const garbage of ['\0'.repeat(1000), 'GET / HTTP/9.9\r\n\r\n', 'x'.repeat(1_000_000)]) {
    const socket = connect(port, '127.0.0.1').on('error', () => undefined)
    socket.resume().write(garbage)
    try {
      await pollUntil('the connection is closed', () => socket.closed, { timeoutMs: 30_000 })
    } finally {
      socket.destroy()
    }
  }
  const addresses = Object.values(networkInterfaces()).flat()
  for (const one of addresses) {
    if (one === undefined || one.internal || one.family !== 'IPv4') continue
    await rejects(fetch(`http://${one.address}:${port}/metrics`))
  }
  equal(await status('/healthz'), 200)
}
