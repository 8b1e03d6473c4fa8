/**
 * What a failure of Postgres means for the data in hand. Decided here once, from the SQLSTATE; never from a
 * message's text.
 *
 *   retry   the server or the way to it: wait, try the same again, blame no data
 *   data    a value that this table does not take: bisect, set the line aside
 *   fatal   the schema or Sluice itself is wrong: no retry mends it, no line is to blame; needs a person
 */
export type FailureKind = 'retry' | 'data' | 'fatal'

/** By SQLSTATE, else by its class (first two characters). Source: PostgreSQL documentation, appendix A. */
const kinds: Readonly<Record<string, FailureKind>> = {
  '08': 'retry', // connection
  '57P': 'retry', // operator intervention: shutdown, crash, not yet up
  57014: 'retry', // query cancelled, statement timeout
  53: 'retry', // insufficient resources: disk full pauses, it says nothing about a line
  58: 'retry', // system error: I/O
  40: 'retry', // serialization failure, deadlock
  25006: 'retry', // read only: a standby that is not promoted yet
  '25P03': 'retry', // idle in transaction: we were stopped for long and lost the transaction
  '25P04': 'retry', // transaction timeout, the same
  '55P03': 'retry', // lock timeout
  22: 'data',
  23: 'data',
  54: 'data', // program limit: an index row too large
  '22P04': 'fatal', // malformed COPY data: says something of the encoder and nothing of a line
}

export interface PostgresFailure {
  readonly kind: FailureKind
  /** The SQLSTATE, or 'connection' where the way to the server broke. */
  readonly sqlstate: string
  readonly message: string
}

const networkCodes = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'EPIPE',
  'ETIMEDOUT',
  'EHOSTUNREACH',
  'ENETUNREACH',
  'ENOTFOUND',
  'EAI_AGAIN',
  'ENOENT',
])

export function classifyFailure(error: unknown): PostgresFailure {
  const message = error instanceof Error ? error.message || error.name : String(error)
  const code = codeOf(error)
  if (isSystemError(error)) {
    // Of a socket, or of something that has nothing to do with Postgres: a file, say, or too many of them.
    const isNetwork = code !== undefined && networkCodes.has(code) && error.syscall !== 'open'
    return { kind: isNetwork ? 'retry' : 'fatal', sqlstate: isNetwork ? 'connection' : 'system', message }
  }
  if (code !== undefined && /^[0-9A-Z]{5}$/.test(code) && !networkCodes.has(code)) {
    // A check that failed without a name is no constraint, and the row is not to blame: it found no partition, or its
    // day was given a partition of its own while it was on its way to the default partition.
    if (code === '23514' && !hasConstraint(error)) {
      return { kind: isOfPartition(error) ? 'retry' : 'fatal', sqlstate: code, message }
    }
    const kind = kinds[code] ?? kinds[code.slice(0, 3)] ?? kinds[code.slice(0, 2)] ?? 'fatal'
    return { kind, sqlstate: code, message }
  }
  if (error instanceof TypeError || error instanceof RangeError || error instanceof ReferenceError) {
    return { kind: 'fatal', sqlstate: 'internal', message }
  }
  // Without a SQLSTATE the server said nothing: a socket that broke, a time-out of ours, a client torn down.
  return { kind: 'retry', sqlstate: 'connection', message }
}

/** A lock was not to be had within lock_timeout. */
export function isLockTimeout(error: unknown): boolean {
  return codeOf(error) === '55P03'
}

/** An error of Node's own from a system call; its codes (EBADF, EPERM …) look like SQLSTATEs. */
function isSystemError(error: unknown): error is Error & { readonly syscall: string } {
  return error instanceof Error && 'syscall' in error && typeof error.syscall === 'string'
}

function hasConstraint(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'constraint' in error && error.constraint !== undefined
  )
}

/** The error names the partition whose bounds have changed; where there is none for a row, it names the table. */
function isOfPartition(error: unknown): boolean {
  return (
    typeof error === 'object' && error !== null && 'schema' in error && error.schema === 'sluice_partitions'
  )
}

function codeOf(error: unknown): string | undefined {
  if (error instanceof AggregateError) return codeOf(error.errors[0])
  if (typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string') {
    return error.code
  }
  return undefined
}
