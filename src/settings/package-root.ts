import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/**
 * The directory of this package: files that it ships beside its code are found from there, whether the code
 * runs compiled (dist/src) or from its sources (src), and whatever the working directory is.
 */
export function findPackageRoot(from: string = fileURLToPath(import.meta.url)): string {
  let directory = dirname(from)
  while (!existsSync(join(directory, 'package.json'))) {
    const parent = dirname(directory)
    if (parent === directory) throw new Error(`no package.json above ${from}`)
    directory = parent
  }
  return directory
}
