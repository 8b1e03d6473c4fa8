import { mkdir, readdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { generateRecords } from './generate-records.js'
import { fileName, type Rotation } from './layout.js'
import { type LogFile, openGzipLogFile, openPlainLogFile } from './log-file.js'
import { type GenerateOptions, resolveOptions } from './options.js'
import type { Oracle } from './oracle.js'
import { createPace, UNPACED } from './pace.js'
import type { GeneratedRecord } from './record.js'
import { createTally } from './tally.js'

export interface WriteOptions {
  readonly directory: string
  readonly gzip?: boolean
  /** How files rotate; options.rotateLines says when. */
  readonly rotation?: Rotation
  /** Real time instead of full speed. */
  readonly linesPerSecond?: number
}

/** Lines are gathered to portions of this size: larger gains nothing, smaller costs system calls. */
const PORTION_BYTES = 1 << 20

/**
 * Writes the files into a new or empty directory and returns what must be found after their ingestion.
 * With a rate, what is on disk between two ticks ends in the middle of a line, as it does with real loggers.
 */
export async function writeLogs(given: Partial<GenerateOptions>, write: WriteOptions): Promise<Oracle> {
  const options = resolveOptions(given)
  const { directory, gzip = false, rotation, linesPerSecond } = write
  if ((rotation === undefined) !== (options.rotateLines === 0)) {
    throw new RangeError('rotation and rotateLines: expected both or none')
  }
  if (gzip && (rotation !== undefined || linesPerSecond !== undefined)) {
    throw new RangeError('gzip: a compressed file neither rotates nor grows; leave rotation and rate out')
  }
  await createEmptyDirectory(directory)

  const tally = createTally(options)
  const pace = linesPerSecond === undefined ? UNPACED : createPace(linesPerSecond)
  const portion = Buffer.allocUnsafe(PORTION_BYTES)
  let filled = 0
  let lastLineBytes = 0
  let logFile: LogFile | undefined
  let position: Pick<GeneratedRecord, 'file' | 'segment'> = { file: -1, segment: 0 }

  async function flush(keepBytes = 0): Promise<void> {
    const ready = filled - keepBytes
    if (ready <= 0 || logFile === undefined) return
    const bytes = portion.subarray(0, ready)
    tally.addContent(bytes)
    await logFile.write(bytes)
    portion.copyWithin(0, ready, filled)
    filled = keepBytes
  }
  const flushToMidLine = () => flush(Math.min(filled, lastLineBytes >> 1))

  try {
    for (const record of generateRecords(options)) {
      if (record.file !== position.file) {
        await flush()
        await logFile?.close()
        const path = join(directory, fileName(record.file))
        logFile = gzip ? openGzipLogFile(`${path}.gz`) : await openPlainLogFile(path)
        position = record
      } else if (record.segment !== position.segment) {
        await flush()
        await logFile!.rotate(rotation!, position.segment)
        position = record
      }
      if (pace !== UNPACED) await pace.waitForLine(flushToMidLine)
      const { line, terminator } = record
      if (filled + line.length + terminator.length > PORTION_BYTES) await flush()
      tally.add(record)
      filled += line.copy(portion, filled)
      filled += portion.write(terminator, filled, 'latin1')
      lastLineBytes = line.length + terminator.length
    }
    await flush()
  } finally {
    await logFile?.close()
  }
  return tally.toOracle({ directory: resolve(directory), gzip, rotation: rotation ?? 'none' })
}

async function createEmptyDirectory(directory: string): Promise<void> {
  await mkdir(directory, { recursive: true })
  if ((await readdir(directory)).length > 0) {
    throw new Error(`${directory} is not empty: files of two runs in one place could not be told apart.`)
  }
}
