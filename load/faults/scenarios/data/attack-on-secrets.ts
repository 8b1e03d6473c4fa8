import { equal, notEqual, ok } from 'node:assert/strict'
import { writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { Scenario } from '../../scenario.js'

const wrong = 'wr0ng-s3cret'

export const attackOnSecrets: Scenario = {
  name: 'attack-on-secrets',
  faults: [],
  title:
    'The passwords of PostgreSQL and Redis are looked for in everything that Sluice prints: at start, at work, and in every kind of failure to connect.',
  observe:
    'Wherever a URL is shown or logged, *** stands for its password. With DATABASE_URL_FILE and REDIS_URL_FILE no password is in the environment of the process either.',
  discuss: 'Logs of a log pipeline are read by many. Which of your secrets have been in a log this year?',
  recovery:
    'Settings are described with masked passwords, and every text that comes from elsewhere, such as the message of a driver, is masked before it is shown.',
  async run(trial) {
    const writing = trial.keepWriting({ lines: 5000 })
    const { databaseUrl, services } = trial
    const directory = dirname(trial.logs)
    await writeFile(join(directory, 'database-url'), `${databaseUrl}\n`, { mode: 0o600 })
    await writeFile(join(directory, 'redis-url'), `${services.redisUrl}\n`, { mode: 0o600 })
    const fromFiles = {
      DATABASE_URL: '',
      REDIS_URL: '',
      DATABASE_URL_FILE: join(directory, 'database-url'),
      REDIS_URL_FILE: join(directory, 'redis-url'),
      SLUICE_LOG_LEVEL: 'trace',
    }
    await trial.startRoles({ reader: 1, parser: 1, indexer: 1 }, fromFiles)

    const changed = (url: string, change: (url: URL) => void) => {
      const copy = new URL(url)
      change(copy)
      return copy.href
    }
    const failures: NodeJS.ProcessEnv[] = [
      { DATABASE_URL: changed(databaseUrl, (url) => (url.password = wrong)) },
      { DATABASE_URL: changed(databaseUrl, (url) => (url.port = '1')) },
      { DATABASE_URL: changed(databaseUrl, (url) => (url.pathname = '/nowhere')) },
      { DATABASE_URL: databaseUrl.replace('postgres', 'p0stgres') },
      { DATABASE_URL: `${databaseUrl}?sslmode=require` },
      { REDIS_URL: changed(services.redisUrl, (url) => (url.password = wrong)) },
      { REDIS_URL: `${services.redisUrl.replace(/:\d+/, ':1')}?password=${wrong}` },
      { DATABASE_URL: databaseUrl, DATABASE_URL_FILE: join(directory, 'database-url') },
    ]
    for (const env of failures) {
      const exit = await trial.sluice(['status'], { SLUICE_LOG_LEVEL: 'trace', ...env })
      notEqual(exit.code, 0, `${JSON.stringify(env)} was taken`)
    }
    trial.tell(`${failures.length} ways to fail at the start`)
    return {
      oracle: await writing,
      async check() {
        const secrets = [databaseUrl, services.redisUrl].map((url) => new URL(url).password).concat(wrong)
        ok(secrets.every(({ length }) => length > 10))
        for (const one of trial.processes) {
          const { stdout = '', stderr = '' } = one.exit() ?? {}
          const said = [...one.stdoutLines(), ...one.stderrLines(), stdout, stderr].join('\n')
          for (const secret of secrets) {
            equal(said.includes(secret), false, `${one.what} said it: ${said}`)
          }
        }
      },
    }
  },
}
