import { setTimeout as sleep } from 'node:timers/promises'
import { withClient } from '../../services/postgres-server.js'
import type { Trial } from '../trial.js'
import { type Action, describeAction } from './actions.js'
import { compressSomeFile, copySomeFile } from './files.js'
import type { Fleet } from './fleet.js'
import type { Network } from './network.js'

/** What there is to be harmed. */
export interface Targets {
  readonly trial: Trial
  readonly fleet: Fleet
  readonly network: Network
  /** On the file system of the logs. */
  readonly scratch: string
  readonly tell: (what: string) => void
}

/** Does it, waits for as long as it lasts or until `healing`, and takes it back. */
export async function perform(action: Action, targets: Targets, healing: AbortSignal): Promise<void> {
  const { trial, fleet, network, scratch, tell } = targets
  const { redis, postgres } = trial.services
  const lasts = async () => {
    // Ended early by healing, which is as good.
    if ('forMs' in action) await sleep(action.forMs, undefined, { signal: healing }).catch(() => undefined)
  }
  const harms = action.kind === 'kill' || action.kind === 'terminate' || action.kind === 'stop'
  if (harms && !fleet.isUp(action.place)) {
    // On a busy machine a start takes longer than the pause between two faults: nothing would ever run.
    tell(`(left out, since it is still starting: ${describeAction(action)})`)
    return
  }
  tell(describeAction(action))
  switch (action.kind) {
    case 'kill':
      fleet.kill(action.place)
      await lasts()
      fleet.start(action.place, action.failpoints)
      return
    case 'terminate':
      fleet.terminate(action.place)
      fleet.start(action.place, action.failpoints)
      return
    case 'stop': {
      const resume = fleet.stop(action.place)
      await lasts()
      resume()
      return
    }
    case 'add':
      fleet.start(action.place, action.failpoints)
      return
    case 'remove':
      fleet.terminate(action.place)
      return
    case 'cut': {
      const way = network.between(action.role, action.server)
      await way.cut()
      await lasts()
      await way.mend()
      return
    }
    case 'silence':
      network.between(action.role, action.server).silence()
      return
    case 'redis-kill':
      await redis.kill()
      await lasts()
      await redis.start()
      return
    case 'redis-flush':
      await trial.redis.flushall()
      return
    case 'redis-pause':
      await trial.redis.call('CLIENT', 'PAUSE', String(action.forMs), 'ALL')
      return
    case 'redis-full': {
      const [, usedBytes] = /used_memory:(\d+)/.exec(await trial.redis.info('memory')) ?? []
      const [, formerly = '0'] = (await trial.redis.config('GET', 'maxmemory')) as string[]
      await trial.redis.config(
        'SET',
        'maxmemory',
        Math.round((Number(usedBytes) * action.percentOfUsed) / 100),
      )
      await lasts()
      await trial.redis.config('SET', 'maxmemory', formerly)
      return
    }
    case 'destroy-group': {
      const [stream, group] =
        action.stage === 'parser' ? (['raw', 'parsers'] as const) : (['rows', 'indexers'] as const)
      await trial.redis.xgroup('DESTROY', trial.key(action.logType, stream), group)
      return
    }
    case 'postgres-crash':
      await postgres.stop('immediate')
      await lasts()
      await postgres.start()
      return
    case 'postgres-sessions':
      await trial.query(
        `SELECT pg_terminate_backend(pid) FROM pg_stat_activity
          WHERE datname = current_database() AND pid <> pg_backend_pid()`,
      )
      return
    case 'postgres-lock':
      await withClient(trial.databaseUrl, async (client) => {
        await client.query(
          `BEGIN; SET LOCAL lock_timeout = '5s'; LOCK TABLE ${action.table} IN ACCESS EXCLUSIVE MODE`,
        )
        await lasts()
        await client.query('ROLLBACK')
      })
      return
    case 'copy-file': {
      const name = await copySomeFile(trial.logs, action.at)
      tell(name === undefined ? 'no file to copy yet' : `copied ${name}`)
      return
    }
    case 'compress-file': {
      const name = await compressSomeFile(trial.logs, scratch, action.at)
      tell(name === undefined ? 'no file to compress yet' : `compressed ${name}`)
      return
    }
  }
}
