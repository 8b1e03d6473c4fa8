import { SluiceError } from '../errors/sluice-error.js'
import { type Discovery, discoverFiles } from '../reader/discovery.js'

/**
 * What is to be read at these paths. Refuses paths that lead nowhere before anything is started: most likely they are
 * mistyped.
 * @throws SluiceError SLUICE_PATH_NOT_FOUND, SLUICE_PATH_UNREADABLE
 */
export async function requirePaths(paths: readonly string[]): Promise<Discovery> {
  const discovery = await discoverFiles(paths)
  const { files, problems } = discovery
  const missing = problems.find((problem) => problem.kind === 'missing')
  if (missing !== undefined) {
    throw new SluiceError('SLUICE_PATH_NOT_FOUND', `nothing to read at ${missing.path}`, {
      expected: 'a file, a directory or a glob pattern that matches something',
      got: missing.reason,
    })
  }
  const first = problems.find((problem) => problem.kind === 'unreadable') ?? problems[0]
  if (files.length === 0 && first !== undefined) {
    throw new SluiceError('SLUICE_PATH_UNREADABLE', `cannot read ${first.path}`, {
      expected: 'a readable file',
      got: first.reason,
    })
  }
  return discovery
}
