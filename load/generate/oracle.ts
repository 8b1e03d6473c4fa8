import { readFile, rename, writeFile } from 'node:fs/promises'
import { z } from 'zod'
import type { GenerateOptions } from './options.js'
import { DEAD_LETTER_REASONS, LOG_TYPES } from './record.js'

const count = z.number().int().nonnegative()

const fileSchema = z.strictObject({
  /** Final name in the directory. */
  name: z.string(),
  file: count,
  segment: count,
  lines: count,
  /** Uncompressed. */
  bytes: count,
  rows: count,
  deadLettered: count,
  /** Of the uncompressed content. */
  sha256: z.string(),
})

const oracleSchema = z.strictObject({
  version: z.literal(1),
  options: z.strictObject({
    seed: count,
    lines: count,
    files: count,
    shares: z.strictObject({ firewall: z.number(), dns: z.number(), auth: z.number() }),
    startMs: count,
    eventsPerSecond: z.number(),
    hostilePercent: z.number(),
    rotateLines: count,
  }),
  /** Where and how the lines were written. */
  output: z.strictObject({
    directory: z.string(),
    gzip: z.boolean(),
    rotation: z.enum(['none', 'rename', 'copytruncate']),
  }),
  totals: z.strictObject({ lines: count, bytes: count, rows: count, deadLettered: count }),
  rows: z.strictObject({ firewall: count, dns: count, auth: count }),
  deadLetters: z.array(
    z.strictObject({
      logType: z.enum([...LOG_TYPES, 'unclassified']),
      reason: z.enum(DEAD_LETTER_REASONS),
      lines: count,
    }),
  ),
  hostileKinds: z.record(z.string(), count),
  files: z.array(fileSchema),
})

/**
 * What must be found in the database after the files were ingested. The options suffice to generate every
 * line again, so that single lines can be compared too.
 */
export type Oracle = z.infer<typeof oracleSchema> & { readonly options: GenerateOptions }
export type OracleFile = Oracle['files'][number]

export function defaultOraclePath(directory: string): string {
  return `${directory.replace(/(?<=.)\/+$/, '')}.oracle.json`
}

/** Written under another name first: who finds the oracle finds it whole, and the files too. */
export async function writeOracle(path: string, oracle: Oracle): Promise<void> {
  const partial = `${path}.partial`
  await writeFile(partial, `${JSON.stringify(oracle, null, 2)}\n`)
  await rename(partial, path)
}

export async function readOracle(path: string): Promise<Oracle> {
  const parsed = oracleSchema.safeParse(JSON.parse(await readFile(path, 'utf8')))
  if (!parsed.success) {
    throw new Error(`${path} is not an oracle of this generator:\n${z.prettifyError(parsed.error)}`)
  }
  return parsed.data
}
