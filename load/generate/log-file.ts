import { once } from 'node:events'
import { createWriteStream } from 'node:fs'
import { copyFile, type FileHandle, open, rename } from 'node:fs/promises'
import { finished } from 'node:stream/promises'
import { createGzip, type Gzip } from 'node:zlib'
import type { Rotation } from './layout.js'

/** A file under its plain name that grows by whole or partial lines. */
export interface LogFile {
  write(bytes: Uint8Array): Promise<void>
  /** Makes room for the next segment; what was written so far is afterwards found as `.1`. */
  rotate(rotation: Rotation, rotationsSoFar: number): Promise<void>
  close(): Promise<void>
}

export async function openPlainLogFile(path: string): Promise<LogFile> {
  let handle: FileHandle = await open(path, 'ax')
  return {
    async write(bytes) {
      await handle.appendFile(bytes)
    },
    async rotate(rotation, rotationsSoFar) {
      for (let age = rotationsSoFar; age >= 1; age--) await rename(`${path}.${age}`, `${path}.${age + 1}`)
      if (rotation === 'rename') {
        await handle.close()
        await rename(path, `${path}.1`)
        handle = await open(path, 'ax')
      } else {
        // The window between the two is where copytruncate loses lines that others append; here nobody does.
        await copyFile(path, `${path}.1`)
        await handle.truncate(0)
      }
    },
    close: () => handle.close(),
  }
}

/** The same as one gzip member. Compressed files do not grow in place, so they do not rotate. */
export function openGzipLogFile(path: string): LogFile {
  const gzip: Gzip = createGzip({ level: 6 })
  const file = createWriteStream(path, { flags: 'ax' })
  const written = finished(gzip.pipe(file))
  // Observed in close(); until then a failure must not count as unhandled.
  written.catch(() => undefined)
  return {
    async write(bytes) {
      if (file.errored !== null) return await written
      // The caller reuses its buffer, and the compressor reads it later.
      if (!gzip.write(Uint8Array.from(bytes))) await Promise.race([once(gzip, 'drain'), written])
    },
    rotate: () => Promise.reject(new Error('A gzip file does not rotate.')),
    async close() {
      gzip.end()
      await written
    },
  }
}
