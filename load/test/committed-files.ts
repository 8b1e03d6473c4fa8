import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import { reconcile } from '../../src/ledger/reconcile.js'
import type { Source } from '../../src/ledger/sources.js'
import { loadLogTypes } from '../../src/log-types/registry.js'
import { type ReprocessOptions, reprocess } from '../../src/recovery/reprocess.js'
import type { ReprocessResult } from '../../src/recovery/reprocess-result.js'
import { checkRollups } from '../../src/rollups/check-rollups.js'
import { selectRollups } from '../../src/rollups/declared-rollups.js'
import { fillRollup } from '../../src/rollups/fill-rollup.js'
import { loadSettings } from '../../src/settings/load-settings.js'
import { createLogger } from '../../src/telemetry/logger.js'
import { copyDeclarations } from './declarations.js'
import {
  type CutText,
  commitText,
  lines,
  newSource,
  recordText,
  type TestLedger,
  testLedger,
  textOf,
} from './recorded-text.js'
import { temporaryDirectory } from './temporary-directory.js'

/** A firewall line that the shipped declaration refuses: out_of_range. */
export const badPort = lines.firewall(3, '|src_port=99999')

/** A ledger whose declarations can be changed, and files whose lines are committed as the shipped ones parse them. */
export interface CommittedFiles {
  readonly ledger: TestLedger
  /** The directory of today's declarations. */
  readonly declarations: string
  /** Where the last file is. */
  readonly path: string
  /** Writes a file with these lines and records it as one chunk. */
  record(...texts: string[]): Promise<CutText>
  /** The same, and commits it. */
  commit(...texts: string[]): Promise<CutText>
  /** Replaces text in the declaration of a type, whose version is 2 from then on. */
  redeclare(logType: string, changes: Readonly<Record<string, string>>): Promise<void>
  /** Has the firewall type take one address for the other. */
  swapAddresses(): Promise<void>
  /** Parses all firewall lines of the day of `lines` again, unless told otherwise. */
  run(options?: Partial<ReprocessOptions>): Promise<ReprocessResult>
  select(sql: string, ...values: unknown[]): Promise<Record<string, unknown>[]>
  /** Counts for the rollups anew: a test wrote rows by hand. */
  recount(): Promise<void>
  /** Ledger and rollups are what the tables hold. */
  expectBalanced(counts: { indexed: number; deadLettered: number }): Promise<void>
}

export const wholeDay = { logType: 'firewall', from: '2024-01-15T00:00:00Z', to: '2024-01-16T00:00:00Z' }

export async function committedFiles(): Promise<CommittedFiles> {
  const ledger = await testLedger()
  const declarations = await copyDeclarations()
  let path = ''

  async function record(...texts: string[]): Promise<CutText> {
    path = join(await temporaryDirectory(), 'a.log')
    const text = textOf(...texts)
    await writeFile(path, text)
    return recordText(ledger, text, await sourceOf(text))
  }

  async function sourceOf(text: string): Promise<Source> {
    const source = await newSource(ledger, path)
    await ledger.pool.query(
      `UPDATE sluice.sources SET head_bytes = least(1024, length($2::bytea)),
              head_sha256 = sha256(substring($2::bytea FOR 1024)) WHERE source_id = $1`,
      [source.id, Buffer.from(text)],
    )
    return source
  }

  async function redeclare(logType: string, changes: Readonly<Record<string, string>>): Promise<void> {
    const file = join(declarations, `${logType}.yaml`)
    let text = (await readFile(file, 'utf8')).replace('version: 1', 'version: 2')
    for (const [from, to] of Object.entries(changes)) {
      expect(text).toContain(from)
      text = text.replace(from, to)
    }
    await writeFile(file, text)
  }

  return {
    ledger,
    declarations,
    get path() {
      return path
    },
    record,
    async commit(...texts) {
      const recorded = await record(...texts)
      for (const logType of Object.keys(recorded.chunk.batches)) await commitText(ledger, recorded, logType)
      return recorded
    },
    redeclare,
    swapAddresses: () =>
      redeclare('firewall', { 'from: src,': 'from: <>,', 'from: dst,': 'from: src,', '<>': 'dst' }),
    run: async (options = {}) =>
      reprocess({
        pool: ledger.pool,
        registry: await loadLogTypes(declarations),
        settings: loadSettings({ env: {} }),
        selection: wholeDay,
        search: [],
        dryRun: false,
        logger: createLogger('warn'),
        stop: new AbortController().signal,
        onProgress: () => {},
        ...options,
      }),
    select: async (sql, ...values) => (await ledger.pool.query<Record<string, unknown>>(sql, values)).rows,
    async recount() {
      for (const rollup of await selectRollups(ledger.pool)) await fillRollup(ledger.pool, rollup)
    },
    async expectBalanced(counts) {
      expect(await reconcile(ledger.pool)).toMatchObject({ balanced: true, inFlight: 0, ...counts })
      expect(await checkRollups(ledger.pool)).toMatchObject({ exact: true })
    },
  }
}
