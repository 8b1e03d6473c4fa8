#!/usr/bin/env node
import { Command, InvalidArgumentError } from 'commander'
import pg from 'pg'
import { readOracle } from '../generate/oracle.js'
import { type Verdict, verify } from './verify.js'

const EXAMPLES = `
Reads DATABASE_URL. Exits 1 when anything differs. The database must hold nothing but the oracle's files.

Example:
  verify --oracle /tmp/logs.oracle.json --sample 50000`

// The annotation lets the compiler know that command.error does not return.
const command: Command = new Command('verify')
  .description('Compares the database, value by value, with what the generator says must be there.')
  .requiredOption('--oracle <file>', 'written by the generator beside its files')
  .option('--sample <n>', 'rows of each type to compare value by value, at least', parseCount, 10_000)
  .option('--json', 'print one JSON object')
  .addHelpText('after', EXAMPLES)
  .action(async (flags: { oracle: string; sample: number; json?: true }) => {
    const { DATABASE_URL: databaseUrl } = process.env
    if (!databaseUrl) command.error('error: DATABASE_URL must be set')
    const oracle = await readOracle(flags.oracle)
    const client = new pg.Client({ connectionString: databaseUrl })
    await client.connect()
    try {
      const verdict = await verify(client, oracle, flags.sample)
      process.stdout.write(flags.json ? `${JSON.stringify(verdict)}\n` : describeVerdict(verdict))
      if (!verdict.ok) process.exitCode = 1
    } finally {
      await client.end()
    }
  })

function describeVerdict({ ok, lines, compared, mismatches }: Verdict): string {
  const { firewall, dns, auth, deadLetters } = compared
  const out = [
    `${ok ? 'equal' : 'DIFFERENT'}: ${lines} lines; compared value by value: ` +
      `${firewall} firewall, ${dns} dns and ${auth} auth rows, ${deadLetters} dead letters`,
  ]
  for (const { kind, count, samples } of mismatches) {
    out.push(`${kind}: ${count}`, ...samples.map((sample) => `  ${JSON.stringify(sample)}`))
  }
  return `${out.join('\n')}\n`
}

function parseCount(text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw new InvalidArgumentError('Expected a whole number of 0 or more.')
  return Number(text)
}

/** Messages of PostgreSQL for a schema or table that is not there. */
const UNDEFINED_SCHEMA_OR_TABLE = ['3F000', '42P01']

try {
  await command.parseAsync()
} catch (error) {
  const message = error instanceof Error ? error.message : String(error)
  const isEmpty = error instanceof pg.DatabaseError && UNDEFINED_SCHEMA_OR_TABLE.includes(error.code ?? '')
  const advice = isEmpty ? ' (is DATABASE_URL the database that the files were ingested into?)' : ''
  process.stderr.write(`error: ${message}${advice}\n`)
  // Different from 1, so that a script can tell "not equal" from "could not compare".
  process.exitCode = 2
}
