import { lstat, readdir, realpath, stat } from 'node:fs/promises'
import { join, resolve, sep } from 'node:path'
import { glob, isDynamicPattern } from 'tinyglobby'
import { type FileStat, statKey } from '../ledger/files.js'

export interface DiscoveredFile {
  readonly path: string
  readonly stat: FileStat
  /** device:inode, the same under every name. */
  readonly fileKey: string
}

export interface DiscoveryProblem {
  readonly path: string
  readonly reason: string
  /** skipped: not meant to be read. unreadable: should have been. missing: was asked for by name and is not there. */
  readonly kind: 'skipped' | 'unreadable' | 'missing'
}

export interface Discovery {
  readonly files: readonly DiscoveredFile[]
  readonly problems: readonly DiscoveryProblem[]
}

/**
 * The regular files under the given paths: files, directories (with all below), glob patterns. In name order,
 * which for rotated and numbered logs is close to time order. A file that was named is followed through symbolic
 * links; below a directory a link is followed only to a file within that directory, so that a link planted among
 * the logs cannot make Sluice read anything else. A pattern matches no links at all.
 * `onEntry` is called for each that is looked at.
 */
export async function discoverFiles(
  paths: readonly string[],
  onEntry: () => void = () => {},
): Promise<Discovery> {
  const files = new Map<string, DiscoveredFile>()
  const problems: DiscoveryProblem[] = []

  async function add(path: string): Promise<void> {
    const found = await stat(path, { bigint: true })
    if (found.isDirectory()) return walk(path, await realpath(path))
    if (!found.isFile()) {
      problems.push({ path, reason: 'not a regular file', kind: 'skipped' })
      return
    }
    const fileKey = `${found.dev}:${found.ino}`
    if (files.has(fileKey)) return
    files.set(fileKey, {
      path,
      fileKey,
      stat: { device: found.dev, inode: found.ino, sizeBytes: found.size, modifiedNs: found.mtimeNs },
    })
  }

  async function walk(directory: string, root: string): Promise<void> {
    const entries = await readdir(directory, { withFileTypes: true })
    entries.sort((a, b) => (a.name < b.name ? -1 : 1))
    for (const entry of entries) {
      const path = join(directory, entry.name)
      await attempt(path, async () => {
        if (entry.isDirectory()) return walk(path, root)
        if (entry.isSymbolicLink()) {
          const target = await realpath(path).catch(() => '')
          const inside = target.startsWith(root + sep) && (await lstat(target)).isFile()
          const reason = 'a symbolic link out of the directory, or not to a file'
          if (!inside) problems.push({ path, reason, kind: 'skipped' })
          return inside ? add(path) : undefined
        }
        return add(path)
      })
    }
  }

  async function attempt(path: string, work: () => Promise<void>, isGiven = false): Promise<void> {
    onEntry()
    try {
      await work()
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      // What vanishes while a directory is searched was not there, but for who asked for it by name.
      if (code !== 'ENOENT') problems.push({ path, reason: code, kind: 'unreadable' })
      else if (isGiven) problems.push({ path, reason: 'no such file or directory', kind: 'missing' })
    }
  }

  for (const given of paths) {
    const literal = await lstat(given).then(
      () => true,
      () => false,
    )
    // A file whose name merely looks like a pattern is that file.
    if (!literal && isDynamicPattern(given)) {
      const matches = await glob(given, {
        absolute: true,
        dot: true,
        onlyFiles: false,
        followSymbolicLinks: false,
      })
      if (matches.length === 0)
        problems.push({ path: given, reason: 'the pattern matches nothing', kind: 'missing' })
      for (const match of matches.sort()) await attempt(match, () => add(match))
    } else {
      await attempt(resolve(given), () => add(resolve(given)), true)
    }
  }
  return { files: [...files.values()], problems }
}

export function keyOf(file: DiscoveredFile): string {
  return statKey(file.stat)
}
