import { appendFile, rename, truncate, unlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { gzipSync } from 'node:zlib'
import { beforeEach, describe, expect, it } from 'vitest'
import { temporaryDirectory } from '../../load/test/temporary-directory.js'
import type { Content } from './content.js'
import { type DiscoveredFile, discoverFiles } from './discovery.js'
import { FileGoneError, FollowedFile } from './followed-file.js'

let path: string
beforeEach(async () => {
  path = join(await temporaryDirectory(), 'a.log')
  await writeFile(path, 'one\ntwo\n')
})

const discover = async (): Promise<DiscoveredFile> => (await discoverFiles([path])).files[0]!

async function textOf(content: Content): Promise<string> {
  const bytes = Buffer.alloc(100)
  return bytes.toString('utf8', 0, await content.read(bytes, 0, bytes.length, 0))
}

async function atItsEnd(file: FollowedFile): Promise<FollowedFile> {
  await file.open()
  await file.reachEnd()
  file.settled = true
  return file
}

describe('a followed file', () => {
  it('is not at its end any more when it has grown, and what was read of it stands', async () => {
    const file = await atItsEnd(new FollowedFile(await discover(), 'follow'))
    expect(await file.look()).toBe(true)
    expect(file).toMatchObject({ atEnd: true, settled: true })
    await appendFile(path, 'three\n')
    expect(await file.look()).toBe(false)
    expect(file).toMatchObject({ atEnd: false, settled: false, mustReadAnew: false, sizeBytes: 14 })
    await file.close()
  })

  it('is read anew when it has shrunk, or is compressed and changed', async () => {
    const file = await atItsEnd(new FollowedFile(await discover(), 'follow'))
    await truncate(path, 3)
    await file.look()
    expect(file.mustReadAnew).toBe(true)
    await file.close()

    await writeFile(path, gzipSync('one\n'))
    const compressed = await atItsEnd(new FollowedFile(await discover(), 'follow'))
    await appendFile(path, gzipSync('two\n'))
    compressed.seenAs(await discover())
    expect(compressed.mustReadAnew).toBe(true)
    await compressed.close()
  })

  it('tells how large it is at this moment without taking that in, open or not', async () => {
    const file = await atItsEnd(new FollowedFile(await discover(), 'follow'))
    await appendFile(path, 'three\n')
    expect(await file.presentBytes()).toBe(14)
    expect(file).toMatchObject({ atEnd: true, sizeBytes: 8 })
    await file.close()
    expect(await file.presentBytes()).toBe(8)
  })

  it('takes nothing in that comes too late, and nothing while it is closed', async () => {
    const file = await atItsEnd(new FollowedFile(await discover(), 'follow'))
    await appendFile(path, 'three\n')
    expect(await file.look(() => false)).toBe(false)
    await file.close()
    expect(await file.look()).toBe(false)
    expect(file).toMatchObject({ atEnd: true, sizeBytes: 8 })
  })

  it('stays the same under another name', async () => {
    const file = await atItsEnd(new FollowedFile(await discover(), 'follow'))
    await rename(path, `${path}.1`)
    file.renamedTo(`${path}.1`)
    expect(await file.look()).toBe(true)
    expect(file).toMatchObject({ path: `${path}.1`, atEnd: true })
    await file.close()
  })

  it('is gone when its name leads to another file', async () => {
    const file = new FollowedFile(await discover(), 'follow')
    await rename(path, `${path}.1`)
    await writeFile(path, 'another')
    await expect(file.open()).rejects.toThrow(FileGoneError)
    expect(file.isOpen).toBe(false)
  })

  it('can be opened again while it is being closed', async () => {
    const file = new FollowedFile(await discover(), 'follow')
    await file.open()
    const closing = file.close()
    const content = await file.open()
    await closing
    expect(await textOf(content)).toBe('one\ntwo\n')
    await file.close()
  })

  it('is quiet while nothing is written to it; in mode once, since it was found', async () => {
    const [followed, found] = [
      new FollowedFile(await discover(), 'follow'),
      new FollowedFile(await discover(), 'once'),
    ]
    for (const file of [followed, found]) {
      await file.open()
      expect(await file.isQuiet()).toBe(true)
    }
    await appendFile(path, 'three\n')
    for (const file of [followed, found]) expect(await file.isQuiet()).toBe(false)
    expect(await followed.isQuiet()).toBe(true)
    expect(await found.isQuiet()).toBe(false)
    expect(await textOf(followed.bounded(await followed.open()))).toBe('one\ntwo\nthree\n')
    expect(await textOf(found.bounded(await found.open()))).toBe('one\ntwo\n')
    await Promise.all([followed.close(), found.close()])
  })
})

describe('content apart from the follower', () => {
  it('can be read to its end although the follower closes the file meanwhile', async () => {
    const file = new FollowedFile(await discover(), 'follow')
    await file.open()
    const texts: string[] = []
    const found = await file.withOwnContent(async (content) => {
      await file.close()
      texts.push(await textOf(content))
    })
    expect({ found, texts, isOpen: file.isOpen }).toEqual({
      found: true,
      texts: ['one\ntwo\n'],
      isOpen: false,
    })
  })

  it('leaves a file closed that the follower does not have open', async () => {
    const file = new FollowedFile(await discover(), 'once')
    expect(await file.withOwnContent(async () => {})).toBe(true)
    expect(file.isOpen).toBe(false)
  })

  it('is that of a deleted file for as long as the follower has it open', async () => {
    const file = new FollowedFile(await discover(), 'follow')
    await file.open()
    await unlink(path)
    const texts: string[] = []
    const read = () =>
      file.withOwnContent(async (content) => {
        texts.push(await textOf(content))
      })
    expect(await read()).toBe(true)
    expect(await textOf(await file.open())).toBe('one\ntwo\n')
    await file.close()
    expect(await read()).toBe(false)
    expect(texts).toEqual(['one\ntwo\n'])
  })
})
