import { execFileSync } from 'node:child_process'
import { link, mkdir, rename, symlink, writeFile } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import { discoverFiles, keyOf } from './discovery.js'

let root: string
beforeEach(async () => {
  root = await temporaryDirectory()
})

async function put(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(root, name, '..'), { recursive: true })
    await writeFile(join(root, name), name)
  }
}

/** Paths found and paths refused, relative to the temporary directory. */
async function discover(...paths: string[]): Promise<{ files: string[]; problems: string[] }> {
  const { files, problems } = await discoverFiles(paths.map((path) => join(root, path)))
  return {
    files: files.map(({ path }) => relative(root, path)),
    problems: problems.map(({ path }) => relative(root, path)),
  }
}

describe('discoverFiles', () => {
  it('finds everything below a directory in name order, hidden files included', async () => {
    await put('logs/b.log', 'logs/a/2.log', 'logs/a/1.log', 'logs/.hidden')
    expect(await discover('logs')).toEqual({
      files: ['logs/.hidden', 'logs/a/1.log', 'logs/a/2.log', 'logs/b.log'],
      problems: [],
    })
  })

  it('expands patterns, and finds a file once that several paths lead to', async () => {
    await put('logs/a.log', 'logs/b.txt', 'logs/deep/er/c.log')
    expect(await discover('logs/**/*.log', 'logs/a.log', 'logs')).toEqual({
      files: ['logs/a.log', 'logs/deep/er/c.log', 'logs/b.txt'],
      problems: [],
    })
  })

  it('takes a name that merely looks like a pattern for that file', async () => {
    await put('logs/[1].log', 'logs/1.log')
    expect(await discover('logs/[1].log')).toEqual({ files: ['logs/[1].log'], problems: [] })
  })

  it('reports a path that is missing and a pattern that matches nothing, and goes on', async () => {
    await put('a.log')
    expect(await discover('gone.log', '*.gz', 'a.log')).toEqual({
      files: ['a.log'],
      problems: ['gone.log', '*.gz'],
    })
  })

  it('follows a link within the directory to a file, and no other', async () => {
    await put('logs/today.log', 'secret', 'logs-elsewhere/other.log')
    await symlink('today.log', join(root, 'logs/current'))
    await symlink('../secret', join(root, 'logs/out'))
    await symlink('../logs-elsewhere/other.log', join(root, 'logs/sibling'))
    await symlink('.', join(root, 'logs/loop'))
    await symlink('self', join(root, 'logs/self'))
    await symlink('nowhere', join(root, 'logs/dangling'))
    const { files, problems } = await discover('logs')
    expect(files).toEqual(['logs/current'])
    expect(problems).toEqual(['logs/dangling', 'logs/loop', 'logs/out', 'logs/self', 'logs/sibling'])
  })

  it('follows no link that only a pattern matches', async () => {
    await put('logs/app/today.log', 'secret/shadow.log')
    await symlink('app/today.log', join(root, 'logs/current.log'))
    await symlink('../secret/shadow.log', join(root, 'logs/planted.log'))
    await symlink('../secret', join(root, 'logs/directory'))
    expect((await discover('logs/*.log')).files).toEqual([])
    expect((await discover('logs/*', 'logs/**/*.log', '*/*/*.log')).files).toEqual(['logs/app/today.log'])
  })

  it('follows a link that was named, wherever it leads', async () => {
    await put('elsewhere/a.log')
    await symlink('elsewhere', join(root, 'directory'))
    await symlink('elsewhere/a.log', join(root, 'file'))
    expect((await discover('file')).files).toEqual(['file'])
    expect((await discover('directory')).files).toEqual(['directory/a.log'])
  })

  it('does not open what is not a regular file', async () => {
    await put('logs/a.log')
    execFileSync('mkfifo', [join(root, 'logs/fifo')])
    expect(await discover('logs', 'logs/fifo')).toEqual({
      files: ['logs/a.log'],
      problems: ['logs/fifo', 'logs/fifo'],
    })
  })

  it('counts hard links as one file', async () => {
    await put('logs/a.log')
    await link(join(root, 'logs/a.log'), join(root, 'logs/b.log'))
    expect((await discover('logs')).files).toEqual(['logs/a.log'])
  })

  it('keeps the key of a file that is renamed, and changes it with every write', async () => {
    await put('a.log')
    const [before] = (await discoverFiles([join(root, 'a.log')])).files
    await rename(join(root, 'a.log'), join(root, 'a.log.1'))
    const [renamed] = (await discoverFiles([join(root, 'a.log.1')])).files
    expect(renamed?.fileKey).toBe(before?.fileKey)
    expect(keyOf(renamed!)).toBe(keyOf(before!))
    await writeFile(join(root, 'a.log.1'), 'longer than before')
    const [written] = (await discoverFiles([join(root, 'a.log.1')])).files
    expect(keyOf(written!)).not.toBe(keyOf(before!))
  })
})
