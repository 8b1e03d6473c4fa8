import { spawnSync } from 'node:child_process'
import { mkdir } from 'node:fs/promises'
import { join } from 'node:path'
import { choosePostgresAccount } from '../../../services/postgres-binaries.js'
import { withClient } from '../../../services/postgres-server.js'
import { pollUntil } from '../../../test/poll-until.js'
import type { Trial } from '../../trial.js'

export interface SmallDisk {
  readonly what: string
  /** What is on it is moved to where there is room. */
  relieve(): Promise<void>
}

const refusing = 'disk_is_full'

/**
 * From now on new tables are on a disk that is soon full. Where file systems can be mounted, that is a real one of a
 * few MiB; elsewhere a trigger answers as PostgreSQL would.
 */
export async function startSmallDisk(trial: Trial, mebibytes: number): Promise<SmallDisk> {
  const path = join(trial.services.directory, 'small-disk')
  await mkdir(path)
  const account = choosePostgresAccount()
  const options = `size=${mebibytes}m,mode=700${account ? `,uid=${account.uid},gid=${account.gid}` : ''}`
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', path], { stdio: 'ignore' })
  if (mounted.status !== 0) return useTrigger(trial)
  try {
    return await useTablespace(trial, path)
  } catch (error) {
    unmount(path)
    throw error
  }
}

async function useTablespace(trial: Trial, path: string): Promise<SmallDisk> {
  const database = new URL(trial.databaseUrl).pathname.slice(1)
  await trial.query(`CREATE TABLESPACE small_disk LOCATION '${path}'`)
  await trial.query(`ALTER DATABASE ${database} SET default_tablespace = 'small_disk'`)
  return {
    what: 'a tablespace on a file system of its own',
    relieve: () =>
      withClient(trial.databaseUrl, async (client) => {
        await client.query(`ALTER DATABASE ${database} RESET default_tablespace`)
        // Sessions that began before go on making tables on the small disk.
        await client.query(
          `SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity
              WHERE datname = current_database() AND pid <> pg_backend_pid()`,
        )
        // Locks one table after the other, while work goes on: a deadlock is possible.
        await pollUntil(
          'the tables are moved',
          async () => {
            await client.query('ALTER TABLE ALL IN TABLESPACE small_disk SET TABLESPACE pg_default')
            await client.query('ALTER INDEX ALL IN TABLESPACE small_disk SET TABLESPACE pg_default')
            await client.query('DROP TABLESPACE small_disk')
            return true
          },
          { timeoutMs: 60_000 },
        )
      }).finally(() => unmount(path)),
  }
}

function unmount(path: string): void {
  spawnSync('umount', ['--lazy', path])
}

async function useTrigger(trial: Trial): Promise<SmallDisk> {
  await trial.query(
    `CREATE FUNCTION public.${refusing}() RETURNS trigger LANGUAGE plpgsql AS
       $$ BEGIN RAISE 'could not extend file: No space left on device' USING ERRCODE = '53100'; END $$`,
  )
  await trial.query(
    `CREATE TRIGGER ${refusing} BEFORE INSERT ON public.firewall_logs
       FOR EACH STATEMENT EXECUTE FUNCTION public.${refusing}()`,
  )
  return {
    what: 'a trigger that answers 53100, since no file system can be mounted here',
    relieve: async () => {
      await trial.query(`DROP FUNCTION public.${refusing} CASCADE`)
    },
  }
}
