import type { FileHandle } from 'node:fs/promises'
import type pg from 'pg'
import { SluiceError } from '../errors/sluice-error.js'
import type { Chunk } from '../ledger/chunks.js'
import { selectPathsOfSource } from '../ledger/files.js'
import { type HeadFingerprint, selectHeadLengths, selectHeadOfSource } from '../ledger/sources.js'
import { throughShortOutages } from '../lifecycle/short-outages.js'
import { type Content, NotAFileError, openContent, openFile, withContent } from '../reader/content.js'
import { discoverFiles } from '../reader/discovery.js'
import { fingerprintHead, readHead } from '../reader/identity.js'

/** Where a chunk's content was looked for in vain, and why it was not there. */
export interface Attempt {
  readonly path: string
  readonly reason: string
}

export type Found<T> =
  | { readonly value: T }
  /** `path`: where the source was seen last. */
  | { readonly path: string; readonly attempts: readonly Attempt[] }

/** A file that is open, because the chunk before was found in it: gzip need not begin anew for the next. */
interface OpenFile {
  readonly sourceId: number
  readonly path: string
  readonly handle: FileHandle
  readonly content: Content
}

/** Of the source of the last chunk: where to look, and what it begins with. */
interface Known {
  readonly sourceId: number
  /** The newest first. */
  readonly paths: readonly string[]
  readonly head: HeadFingerprint
}

/**
 * Finds the content of recorded chunks: at the paths at which the ledger has seen their source, then in files to
 * search. Not for concurrent use.
 */
export class SourceFiles {
  private current: OpenFile | undefined
  private known: Known | undefined
  /** Paths of the searched files by their heads' fingerprints; made when first needed. */
  private searched: Map<string, string[]> | undefined

  /** `search`: paths of files, directories and patterns. @throws SluiceError SLUICE_PATH_NOT_FOUND */
  static async create(pool: pg.Pool, search: readonly string[], stop: AbortSignal): Promise<SourceFiles> {
    const { files, problems } = await discoverFiles(search)
    const missing = problems.find(({ kind }) => kind === 'missing')
    if (missing !== undefined) {
      throw new SluiceError('SLUICE_PATH_NOT_FOUND', `nothing to search at ${missing.path}`, {
        expected: 'a file, a directory or a glob pattern that matches something',
        got: missing.reason,
      })
    }
    const paths = files.map(({ path }) => path)
    return new SourceFiles(pool, paths, stop)
  }

  private constructor(
    private readonly pool: pg.Pool,
    private readonly search: readonly string[],
    private readonly stop: AbortSignal,
  ) {}

  /**
   * Gives work one content after the other that may be the chunk's source, until it returns something. Work says
   * whether it is, from the chunk's hash.
   */
  async find<T>(chunk: Chunk, work: (content: Content) => Promise<T | undefined>): Promise<Found<T>> {
    const { sourceId } = chunk
    if (this.current?.sourceId !== sourceId) await this.close()
    if (this.current !== undefined) {
      const value = await work(this.current.content)
      if (value !== undefined) return { value }
    }
    const attempts: Attempt[] = []
    for await (const path of this.candidates(sourceId)) {
      const value = await this.attempt(path, sourceId, work, attempts)
      if (value !== undefined) return { value }
    }
    return { path: await this.pathOf(sourceId), attempts }
  }

  /** Where the source was seen last. */
  async pathOf(sourceId: number): Promise<string> {
    return (await this.know(sourceId)).paths[0] ?? ''
  }

  async close(): Promise<void> {
    const { current } = this
    this.current = undefined
    await current?.content.close()
    await current?.handle.close()
  }

  private async *candidates(sourceId: number): AsyncGenerator<string> {
    const { paths, head } = await this.know(sourceId)
    yield* paths
    if (this.search.length === 0) return
    this.searched ??= await this.readHeads()
    for (const path of this.searched.get(keyOf(head)) ?? []) if (!paths.includes(path)) yield path
  }

  private async know(sourceId: number): Promise<Known> {
    if (this.known?.sourceId === sourceId) return this.known
    const { pool, stop } = this
    this.known = await throughShortOutages(
      async () => ({
        sourceId,
        paths: await selectPathsOfSource(pool, sourceId),
        head: await selectHeadOfSource(pool, sourceId),
      }),
      stop,
    )
    return this.known
  }

  private async attempt<T>(
    path: string,
    sourceId: number,
    work: (content: Content) => Promise<T | undefined>,
    attempts: Attempt[],
  ): Promise<T | undefined> {
    let opened: { handle: FileHandle; content: Content } | undefined
    try {
      const handle = await openFile(path)
      const content = await openContent(handle).catch(async (error: unknown) => {
        await handle.close()
        throw error
      })
      opened = { handle, content }
      const { head } = await this.know(sourceId)
      const isAlike = fingerprintHead(await readHead(content), [head.bytes]).some(
        (one) => keyOf(one) === keyOf(head),
      )
      const value = isAlike ? await work(content) : undefined
      if (value !== undefined) {
        await this.close()
        this.current = { sourceId, path, ...opened }
        opened = undefined
        return value
      }
      attempts.push({ path, reason: isAlike ? 'other content there, or ends before' : 'begins otherwise' })
    } catch (error) {
      const reason = faultOfFile(error)
      if (reason === undefined) throw error
      attempts.push({ path, reason })
    } finally {
      await opened?.content.close()
      await opened?.handle.close()
    }
    return undefined
  }

  private async readHeads(): Promise<Map<string, string[]>> {
    const lengths = await throughShortOutages(() => selectHeadLengths(this.pool), this.stop)
    const byHead = new Map<string, string[]>()
    for (const path of this.search) {
      // What cannot be read is not what is looked for.
      const head = await withContent(path, readHead).catch(() => Buffer.alloc(0))
      for (const fingerprint of fingerprintHead(head, lengths)) {
        const key = keyOf(fingerprint)
        const paths = byHead.get(key)
        if (paths === undefined) byHead.set(key, [path])
        else paths.push(path)
      }
    }
    return byHead
  }
}

function keyOf({ bytes, sha256 }: HeadFingerprint): string {
  return `${bytes} ${sha256.toString('hex')}`
}

const fileCalls = ['open', 'read', 'fstat', 'stat', 'lstat']

/** Why a file cannot be read; undefined when the error is not the file's. */
function faultOfFile(error: unknown): string | undefined {
  if (error instanceof NotAFileError) return 'not a regular file'
  if (!(error instanceof Error && 'code' in error && 'syscall' in error)) return undefined
  if (!fileCalls.includes(String(error.syscall))) return undefined
  return error.code === 'ENOENT' ? 'no such file' : String(error.code)
}
