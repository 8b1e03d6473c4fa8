import { accessSync, constants } from 'node:fs'
import { delimiter, join } from 'node:path'
import { findPackageRoot } from '../../src/settings/package-root.js'

/** Where `node load/set-up.mjs tests` unpacks them. */
export const unpackedPrometheus = join(findPackageRoot(), '.sluice', 'prometheus')

/** The path of one of Prometheus's programs: on PATH, else unpacked in the checkout; undefined without either. */
export function findPrometheusBinary(
  name: 'prometheus' | 'promtool',
  path = process.env.PATH ?? '',
): string | undefined {
  const directories = [...path.split(delimiter).filter(Boolean), join(unpackedPrometheus, 'usr', 'bin')]
  return directories.map((directory) => join(directory, name)).find(isExecutable)
}

/** @throws Error saying what to do when the program is not there. */
export function requirePrometheusBinary(name: 'prometheus' | 'promtool'): string {
  const found = findPrometheusBinary(name)
  if (found !== undefined) return found
  throw new Error(
    `There is no ${name} on PATH, nor in ${unpackedPrometheus}. Run "node load/set-up.mjs tests", or install ` +
      'the package prometheus of Debian, Ubuntu or Homebrew.',
  )
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
