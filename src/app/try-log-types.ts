import { createRegistry } from '../log-types/create-registry.js'
import { contentEnd, contentStart } from '../log-types/line/line-content.js'
import { LineSource } from '../log-types/line/line-source.js'
import { type LoadedLogTypes, loadLogTypesFrom } from '../log-types/registry.js'
import { CopyWriter } from '../postgres/copy-writer.js'
import { withContent } from '../reader/content.js'
import type { DiscoveredFile } from '../reader/discovery.js'
import { lineMemory, visitLines } from '../reader/visit-lines.js'
import type { Settings } from '../settings/declaration.js'
import { requirePaths } from './require-paths.js'
import { TryTally } from './try-tally.js'

export interface TryProgress {
  /** Of the files as they are on disk. */
  readonly readBytes: number
  readonly totalBytes: number
  readonly lines: number
  readonly seconds: number
}

export interface TryOptions {
  readonly settings: Settings
  readonly paths: readonly string[]
  /** So many lines that no type claims are kept to be shown. */
  readonly shownLines: number
  readonly onProgress: (progress: TryProgress) => void
  /** Aborted: ends with what is known by then. */
  readonly stop: AbortSignal
}

export interface TryResult {
  /** All types, those of the catalogue that are not active included. */
  readonly loaded: LoadedLogTypes
  readonly tally: TryTally
  readonly files: number
  /** Decompressed. */
  readonly bytes: number
  readonly seconds: number
  /** Files that could not be read, or not to their end. */
  readonly warnings: readonly string[]
}

/**
 * Takes every line of the files the way that all lines take, up to the row, and counts what becomes of it: nothing is
 * written anywhere.
 * @throws SluiceError SLUICE_PATH_NOT_FOUND, SLUICE_PATH_UNREADABLE, what loading declarations throws
 */
export async function tryLogTypes(options: TryOptions): Promise<TryResult> {
  const { settings, shownLines, stop } = options
  const { files, problems } = await requirePaths(options.paths)
  const loaded = await loadLogTypesFrom(settings.logTypes, 'all')
  const tally = new TryTally(loaded.registry.types, shownLines)
  const tryLine = createLineTrial(loaded, tally)
  const { maxLineBytes } = settings.reader
  const memory = lineMemory(maxLineBytes)
  const warnings = problems.map(({ path, reason }) => `${path}: ${reason}`)
  const totalBytes = files.reduce((sum, { stat }) => sum + Number(stat.sizeBytes), 0)
  const began = performance.now()
  const elapsed = () => (performance.now() - began) / 1000
  let bytes = 0
  let bytesOnDisk = 0
  for (const file of files) {
    if (stop.aborted) break
    let fileBytes = 0
    const source = new LineSource(memory, false, modifiedMs(file))
    let number = 0
    try {
      await withContent(file.path, async (content) => {
        const visit = (start: number, end: number, offset: number, fullBytes: number) => {
          const isOversize = fullBytes > maxLineBytes
          tryLine(source, start, end, offset === 0, isOversize, file.path, ++number)
          return !stop.aborted
        }
        await visitLines(content, memory, maxLineBytes, visit, (offset) => {
          fileBytes = offset
          const readBytes = bytesOnDisk + (content.compressed ? 0 : offset)
          options.onProgress({ readBytes, totalBytes, lines: tally.lines, seconds: elapsed() })
        })
        if (content.damage !== undefined) warnings.push(`${file.path}: ${content.damage}`)
      })
    } catch (error) {
      warnings.push(`${file.path}: ${error instanceof Error ? error.message : String(error)}`)
    }
    bytes += fileBytes
    bytesOnDisk += Number(file.stat.sizeBytes)
  }
  if (stop.aborted) warnings.push('interrupted: what follows was not looked at')
  return { loaded, tally, files: files.length, bytes, seconds: elapsed(), warnings }
}

function modifiedMs({ stat }: DiscoveredFile): number {
  return Number(stat.modifiedNs / 1_000_000n)
}

type LineTrial = (
  source: LineSource,
  start: number,
  end: number,
  isFirst: boolean,
  isOversize: boolean,
  path: string,
  number: number,
) => void

function createLineTrial({ registry, declared }: LoadedLogTypes, tally: TryTally): LineTrial {
  const { types } = registry
  const active = createRegistry(types.filter((_, index) => declared[index]?.isActive === true))
  const writer = new CopyWriter()
  const out = { timestampMs: 0 }
  return (source, lineStart, lineEnd, isFirst, isOversize, path, number) => {
    const { bytes } = source
    const start = contentStart(bytes, lineStart, lineEnd, isFirst)
    const end = contentEnd(bytes, start, lineEnd)
    const line = () => bytes.subarray(start, end)
    tally.lines++
    if (isOversize) return tally.addUnclaimed('oversize_line', path, number, line())
    if (start === end) return tally.addUnclaimed('empty_line', path, number, line())
    const index = registry.classify(bytes, start, end)
    const type = types[index]
    if (type === undefined) return tally.addUnclaimed('no_type', path, number, line())
    const own = tally.types[index]!
    own.lines++
    if (declared[index]?.isActive === false) {
      const today = active.types[active.classify(bytes, start, end)]
      if (today !== undefined) own.takenFrom.set(today.name, (own.takenFrom.get(today.name) ?? 0) + 1)
    }
    writer.reset()
    writer.beginTuple(type.columns.length + 1)
    const refusal = type.encodeLine(source, start, end, writer, out)
    if (refusal === undefined) own.rows++
    else tally.addRefused(type.name, refusal, path, number, line())
  }
}
