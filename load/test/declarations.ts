import { appendFile, cp, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A directory with the built-in log types, for tests that change them. */
export async function copyDeclarations(): Promise<string> {
  const directory = join(await temporaryDirectory(), 'log-types')
  await cp(join(findPackageRoot(), 'config', 'log-types'), directory, { recursive: true })
  return directory
}

/** The same; these have `dedup: record`. */
export async function declarationsWithDedup(...logTypes: readonly string[]): Promise<string> {
  const directory = await copyDeclarations()
  for (const logType of logTypes) await appendFile(join(directory, `${logType}.yaml`), 'dedup: record\n')
  return directory
}

/** Declares in this directory a type that is not built in: `TIME proxy ADDRESS URL`; `more` is added as it is. */
export async function declareProxy(directory: string, more = '', version = 1): Promise<void> {
  await writeFile(
    proxyFile(directory),
    `name: proxy
version: ${version}
order: 40
table: proxy_logs
detect: ["{token} proxy "]
format:
  kind: dissect
  pattern: "{timestamp} proxy {client_ip} {url}"
columns:
  - { name: timestamp, type: timestamptz, required: true }
  - { name: client_ip, type: inet, required: true }
  - { name: url, type: text, required: true }
${more}
`,
  )
}

/** Where declareProxy writes. */
export function proxyFile(directory: string): string {
  return join(directory, 'proxy.yaml')
}
