import { SluiceError } from '../errors/sluice-error.js'
import { classifyFailure } from '../postgres/sqlstate.js'
import { backoffMs } from './outages.js'
import { sleep } from './sleep.js'

/** How long a command waits for PostgreSQL. A restart is over by then; a person waits for the answer. */
const patienceMs = 60_000

/**
 * Runs work of a command until Postgres takes it, but not for ever. Errors of the data and of the schema are thrown on.
 * Work must be safe to repeat.
 * @throws SluiceError SLUICE_POSTGRES_UNREACHABLE when the outage outlasts the patience, or the command is told to stop.
 */
export async function throughShortOutages<T>(work: () => Promise<T>, stop: AbortSignal): Promise<T> {
  const began = performance.now()
  for (let attempt = 0; ; attempt++) {
    try {
      return await work()
    } catch (error) {
      if (error instanceof SluiceError || classifyFailure(error).kind !== 'retry') throw error
      if (stop.aborted || performance.now() - began > patienceMs) {
        throw new SluiceError('SLUICE_POSTGRES_UNREACHABLE', 'PostgreSQL did not take the change', {
          hint: 'Nothing was left half done. Run the same command again once PostgreSQL works: it goes on from there.',
          cause: error,
        })
      }
      await sleep(backoffMs(attempt), stop)
    }
  }
}
