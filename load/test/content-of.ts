import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Content, withContent } from '../../src/reader/content.js'
import { temporaryDirectory } from './temporary-directory.js'

/** Runs work on the content of a temporary file with these bytes. */
export async function withContentOf<T>(
  bytes: Buffer | string,
  work: (content: Content) => Promise<T>,
): Promise<T> {
  const path = join(await temporaryDirectory(), 'file')
  await writeFile(path, bytes)
  return withContent(path, work)
}
