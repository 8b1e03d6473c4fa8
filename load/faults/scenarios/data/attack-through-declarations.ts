import { deepEqual, equal, match } from 'node:assert/strict'
import { cp, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { findPackageRoot } from '../../../../src/settings/package-root.js'
import type { Scenario } from '../../scenario.js'

/** Names that would be statements if they were put into SQL as they are. */
const attacks: Readonly<Record<string, string>> = {
  name: 'x"; DROP TABLE sluice.batches; --',
  table: 'firewall_logs" CASCADE; --',
  column: 'a" text); DROP TABLE dns_logs; --',
  reserved: '__proto__',
  path: '../../etc/passwd',
}

export const attackThroughDeclarations: Scenario = {
  name: 'attack-through-declarations',
  faults: [],
  title:
    'Declarations of log types name types, tables and columns that would end a statement, and others that are words of SQL.',
  observe:
    '`sluice migrate` and `sluice run` end with SLUICE_LOG_TYPE_INVALID and say in which file and under which key. With the words of SQL a table is made that can be queried as "select".',
  discuss:
    'Declarations are reviewed files, and still the way in: who may merge one? What else in your deployment becomes part of a statement without being a value?',
  recovery:
    'A name has to match ^[a-z_][a-z0-9_]{0,62}$, and is quoted wherever it stands in a statement. Nothing is connected to before all declarations are valid.',
  async run(trial) {
    const writing = trial.keepWriting({ lines: 5000 })
    const declarations = join(dirname(trial.logs), 'log-types')
    await cp(join(findPackageRoot(), 'config/log-types'), declarations, { recursive: true })
    const file = join(declarations, 'evil.yaml')
    const env = { SLUICE_LOG_TYPES_DIRECTORY: declarations }
    for (const [n, [where, name]] of Object.entries(attacks).entries()) {
      await writeFile(
        file,
        declaration({
          name: ['name', 'reserved', 'path'].includes(where) ? name : 'evil',
          table: where === 'table' ? name : 'evil_logs',
          column: where === 'column' ? name : 'text',
        }),
      )
      const args = n % 2 === 0 ? ['migrate'] : ['run', '--role', 'parser']
      const exit = await trial.sluice(args, env)
      equal(exit.code, 2, exit.stderr)
      match(exit.stderr, /SLUICE_LOG_TYPE_INVALID/)
      match(exit.stderr, /evil\.yaml/)
    }
    trial.tell('all of them were refused')

    await writeFile(file, declaration({ name: 'order', table: 'table', column: 'select' }))
    const migrated = await trial.sluice(['migrate'], env)
    equal(migrated.code, 0, migrated.stderr)
    await trial.startRoles({ reader: 1, parser: 1, indexer: 1 }, env)
    return {
      oracle: await writing,
      async check() {
        deepEqual(await trial.query('SELECT "select" FROM "table"'), [])
      },
    }
  },
}

function declaration(names: { name: string; table: string; column: string }): string {
  return JSON.stringify({
    name: names.name,
    version: 1,
    table: names.table,
    detect: ['{token} evil '],
    format: { kind: 'dissect', pattern: `{timestamp} evil {value}` },
    columns: [
      { name: 'timestamp', type: 'timestamptz', required: true },
      { name: names.column, from: 'value', type: 'text' },
    ],
  })
}
