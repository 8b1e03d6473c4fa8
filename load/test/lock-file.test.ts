import { readFile } from 'node:fs/promises'
import { expect, test } from 'vitest'

interface LockedPackage {
  resolved?: string
  optionalDependencies?: Record<string, string>
}

const lockFile: { packages: Record<string, LockedPackage> } = JSON.parse(
  await readFile(new URL('../../package-lock.json', import.meta.url), 'utf8'),
)

test('the lock file names no registry, so that everybody installs from their own', () => {
  const bound = Object.entries(lockFile.packages).filter(([, { resolved }]) => resolved !== undefined)
  expect(bound.map(([path]) => path)).toEqual([])
})

// npm leaves out what the registry of whoever runs it does not have, and then refuses the lock file elsewhere.
test('the lock file covers the optional packages of all platforms', () => {
  const missing = Object.values(lockFile.packages)
    .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
    .filter((name) => !Object.keys(lockFile.packages).some((path) => path.endsWith(`node_modules/${name}`)))
  expect(missing).toEqual([])
})
