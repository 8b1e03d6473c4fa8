import { appendFile, cp } from 'node:fs/promises'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { temporaryDirectory } from './temporary-directory.js'

const DECLARATIONS = fileURLToPath(new URL('../../config/log-types', import.meta.url))

/** A directory with the built-in log types, of which these have `dedup: record`. */
export async function declarationsWithDedup(...logTypes: readonly string[]): Promise<string> {
  const directory = join(await temporaryDirectory(), 'log-types')
  await cp(DECLARATIONS, directory, { recursive: true })
  for (const logType of logTypes) await appendFile(join(directory, `${logType}.yaml`), 'dedup: record\n')
  return directory
}
