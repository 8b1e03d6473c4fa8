import { copyFile, mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { gzip } from 'node:zlib'

const compress = promisify(gzip)

/** Names as the generator gives them: `logs_0002.log`, rotated `logs_0002.log.3`. */
const generated = /^logs_(\d{4})\.log(\.\d+)?$/

/**
 * Copies one of the files that do not grow any more into a directory beside them; `at` in [0, 1) says which.
 * Returns its name, undefined when there is none.
 */
export async function copySomeFile(logs: string, at: number): Promise<string | undefined> {
  const name = choose(
    (await listFiles(logs)).filter(({ grows }) => !grows),
    at,
  )
  if (name === undefined) return undefined
  const copies = join(logs, 'copies')
  await mkdir(copies, { recursive: true })
  // A name of its own, so that no copy is written over another.
  await copyFile(join(logs, name), join(copies, `${name}.copy-${Math.floor(at * 1e9)}`))
  return name
}

/**
 * Compresses one of the files that their writer is done with, so that none of its names changes any more, and removes
 * the plain one, as log rotation does it. The compressed file is put in place whole.
 */
export async function compressSomeFile(
  logs: string,
  scratch: string,
  at: number,
): Promise<string | undefined> {
  const name = choose(
    (await listFiles(logs)).filter(({ finished }) => finished),
    at,
  )
  if (name === undefined) return undefined
  const path = join(logs, name)
  const whole = join(scratch, `${basename(path)}.gz`)
  await writeFile(whole, await compress(await readFile(path)))
  await rename(whole, `${path}.gz`)
  await rm(path)
  return name
}

interface ListedFile {
  readonly name: string
  readonly grows: boolean
  readonly finished: boolean
}

async function listFiles(logs: string): Promise<ListedFile[]> {
  const names = (await readdir(logs)).filter((name) => generated.test(name)).sort()
  const numberOf = (name: string) => Number(generated.exec(name)?.[1])
  const newest = Math.max(...names.map(numberOf))
  return names.map((name) => {
    const finished = numberOf(name) < newest
    return { name, finished, grows: !finished && name.endsWith('.log') }
  })
}

function choose(files: readonly ListedFile[], at: number): string | undefined {
  return files[Math.floor(at * files.length)]?.name
}
