import { stringify } from 'yaml'
import { describeProblem } from '../../src/log-types/declaration/declaration-error.js'
import { readDeclaration } from '../../src/log-types/declaration/read-declaration.js'
import { DeclaredLogType } from '../../src/log-types/declared-log-type.js'
import { parseLine } from '../../src/log-types/parse-line.js'

function declare(content: Record<string, unknown>) {
  return readDeclaration('t.yaml', stringify({ name: 't', version: 1, table: 't_logs', ...content }))
}

/** The type `t` with these keys. Throws with the problems of a declaration that is not valid. */
export function declaredType(content: Record<string, unknown>): DeclaredLogType {
  const result = declare(content)
  if ('problems' in result) throw new Error(result.problems.map(describeProblem).join('\n'))
  return new DeclaredLogType(result.declaration)
}

/** What is wrong with the declaration of the type `t` with these keys, a sentence each. */
export function declarationProblems(content: Record<string, unknown>): string[] {
  const result = declare(content)
  return 'problems' in result ? result.problems.map(describeProblem) : []
}

/** The row that a line becomes, by column, or `reason: detail` of its refusal. */
export function rowOf(type: DeclaredLogType, line: string): Record<string, string | null> | string {
  const parsed = parseLine(type, line)
  return 'refusal' in parsed
    ? `${parsed.refusal.reason}: ${parsed.refusal.detail}`
    : Object.fromEntries(parsed.row)
}

/** A column for the time of the envelope. */
export const envelopeTime = { name: 'timestamp', from: '@timestamp', type: 'timestamptz', required: true }

export const textColumn = (name: string, from = name) => ({ name, from, type: 'text' })

/** A declaration with an envelope and alternatives. */
export const sshdDeclaration = {
  envelope: { kind: 'syslog', app: ['sshd'] },
  format: {
    kind: 'alternatives',
    of: [
      { event: 'failed', kind: 'dissect', pattern: 'Failed {method} for {user*} from {ip}' },
      { event: 'closed', kind: 'dissect', pattern: 'Closed by {ip}' },
      { event: 'pairs', kind: 'key-value', pairs: { separator: ' ', assign: '=' } },
    ],
  },
  columns: [
    envelopeTime,
    textColumn('host', '@host'),
    textColumn('severity', '@severity'),
    textColumn('facility', '@facility'),
    textColumn('event', '@event'),
    textColumn('method'),
    textColumn('login', 'user'),
    { name: 'ip', type: 'inet' },
  ],
}

/** What stands before the message in its lines. */
export const sshdHead = '<86>1 2024-01-15T10:23:45Z web1 sshd 7 - - '
