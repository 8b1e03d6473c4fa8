/** Kinds of PostgreSQL errors as a label: few, and telling for whoever reads an alert. */
export const postgresErrorClasses = [
  'connection',
  'resources',
  'operator',
  'cancelled',
  'conflict',
  'lock',
  'read_only',
  'io',
  'data',
  'schema',
  'permission',
  'other',
] as const

export type PostgresErrorClass = (typeof postgresErrorClasses)[number]

/** By SQLSTATE, or by its class (the first two characters). Source: PostgreSQL documentation, appendix A. */
const classes: Readonly<Record<string, PostgresErrorClass>> = {
  connection: 'connection',
  '08': 'connection',
  '53': 'resources',
  '57': 'operator',
  '57014': 'cancelled',
  '25P03': 'cancelled',
  '25P04': 'cancelled',
  '40': 'conflict',
  '55': 'lock',
  '25006': 'read_only',
  '58': 'io',
  '22': 'data',
  '23': 'data',
  '54': 'data',
  '42': 'schema',
  '3F': 'schema',
  '28': 'permission',
  '42501': 'permission',
}

/** The label for a SQLSTATE, or for 'connection' where the server gave none. */
export function classifyPostgresError(sqlstate: string): PostgresErrorClass {
  return classes[sqlstate] ?? classes[sqlstate.slice(0, 2)] ?? 'other'
}
