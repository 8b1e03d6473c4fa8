import { appendFile, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'

/** A portion of lines and when it was written. */
export interface Written {
  readonly endByte: number
  readonly lines: number
  /** Just before the write, by performance.now(). */
  readonly atMs: number
}

export interface PacedLog {
  readonly path: string
  readonly totalBytes: number
  /** Grows while the file does. */
  readonly written: readonly Written[]
  readonly finished: Promise<void>
}

/** How often the file grows, by all lines that are due then. */
export const TICK_MS = 10

/** Appends the lines of `source` to `path` at a steady rate and remembers when. Catches up after a delay. */
export async function startPacedWriter(
  source: string,
  path: string,
  linesPerSecond: number,
  signal: AbortSignal,
): Promise<PacedLog> {
  const bytes = await readFile(source)
  const written: Written[] = []
  const write = async () => {
    const startMs = performance.now()
    let lines = 0
    let position = 0
    while (position < bytes.length) {
      signal.throwIfAborted()
      const dueLines = Math.floor(((performance.now() - startMs) * linesPerSecond) / 1000)
      const { end, count } = skipLines(bytes, position, dueLines - lines)
      if (count > 0) {
        const atMs = performance.now()
        await appendFile(path, bytes.subarray(position, end))
        written.push({ endByte: end, lines: count, atMs })
        position = end
        lines += count
      }
      await sleep(TICK_MS)
    }
  }
  const finished = write()
  finished.catch(() => undefined)
  return { path, totalBytes: bytes.length, written, finished }
}

/** Where so many lines after `start` end, and how many there are if there are not so many. */
export function skipLines(bytes: Buffer, start: number, lines: number): { end: number; count: number } {
  let end = start
  let count = 0
  while (count < lines && end < bytes.length) {
    const newline = bytes.indexOf(0x0a, end)
    end = newline === -1 ? bytes.length : newline + 1
    count++
  }
  return { end, count }
}
