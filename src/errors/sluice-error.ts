import { type ErrorCode, type ExitCode, errorCodes, exitCodes } from './error-codes.js'
import { escapeControls, maskCredentials, maskSecrets } from './safe-text.js'

/** The particulars of one occurrence; all of them may hold text that came from data. */
export interface SluiceErrorDetails {
  /** What would have been right. */
  readonly expected?: string | undefined
  /** What was there instead. Secrets are left out by who throws. */
  readonly got?: string | undefined
  /** What to do, where it can be said more precisely than the table of codes does. */
  readonly hint?: string | undefined
  /** Further lines, for an error that has found several things wrong at once. */
  readonly details?: readonly string[] | undefined
  readonly cause?: unknown
}

/**
 * An error that the user can act on. Thrown wherever the cause is known; the command line prints it with
 * `formatError` and ends with its exit code. Anything else that reaches the top is SLUICE_INTERNAL.
 */
export class SluiceError extends Error {
  readonly code: ErrorCode
  readonly exitCode: ExitCode
  readonly expected: string | undefined
  readonly got: string | undefined
  readonly hint: string | undefined
  readonly details: readonly string[]

  constructor(code: ErrorCode, message: string, details: SluiceErrorDetails = {}) {
    super(message, details.cause === undefined ? undefined : { cause: details.cause })
    this.name = 'SluiceError'
    this.code = code
    this.exitCode = errorCodes[code].exitCode
    this.expected = details.expected
    this.got = details.got
    this.hint = details.hint
    this.details = details.details ?? []
  }
}

/** The exit status for anything that was thrown. */
export function exitCodeOf(error: unknown): ExitCode {
  return error instanceof SluiceError ? error.exitCode : exitCodes.internal
}

/** Any thrown thing as one line of text: for messages about errors of other libraries. */
export function describeCause(error: unknown): string {
  if (error instanceof AggregateError && error.message === '') {
    // Node's connection attempts to several addresses fail with an empty message and the reasons inside.
    return error.errors.map(describeCause).join('; ')
  }
  if (error instanceof Error) return error.message === '' ? error.name : error.message
  return String(error)
}

/**
 * An error for the terminal: what, expected, got, what to do. Control characters are escaped and passwords of
 * URLs are hidden, since a message may carry pieces of log lines, of paths and of settings.
 */
export function formatError(error: unknown): string {
  const known =
    error instanceof SluiceError
      ? error
      : new SluiceError('SLUICE_INTERNAL', maskSecrets(describeCause(error)), { details: stackLines(error) })
  const lines = [`error ${known.code}: ${safe(known.message)}`]
  for (const detail of known.details) lines.push(`  ${safe(detail)}`)
  if (known.expected !== undefined) lines.push(`  expected: ${safe(known.expected)}`)
  if (known.got !== undefined) lines.push(`  got: ${safe(maskSecrets(known.got))}`)
  if (known.cause !== undefined) lines.push(`  cause: ${safe(maskSecrets(describeCause(known.cause)))}`)
  lines.push(`  do: ${safe(known.hint ?? errorCodes[known.code].action)}`)
  return lines.join('\n')
}

function safe(text: string): string {
  return escapeControls(maskCredentials(text))
}

/** Only a fault of Sluice itself shows where it happened; for all others the code says enough. */
function stackLines(error: unknown): string[] {
  if (!(error instanceof Error) || error.stack === undefined) return []
  return error.stack
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line.startsWith('at '))
    .slice(0, 8)
}
