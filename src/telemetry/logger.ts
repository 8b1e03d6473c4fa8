import { type DestinationStream, type Logger, pino, stdTimeFunctions } from 'pino'
import { maskCredentials, maskSecrets } from '../errors/safe-text.js'
import type { LogLevel } from '../settings/declaration.js'

export type { Logger } from 'pino'

/**
 * The log of this process: one JSON object a line on standard error, unless a destination is given (a command
 * that draws on the terminal gives its own). Messages are sentences, values are fields. Passwords of URLs are
 * hidden in whatever is written, since errors of libraries quote them; in errors, the passwords in use are as well.
 */
export function createLogger(level: LogLevel, destination?: DestinationStream): Logger {
  // Written at once: the last lines before an exit are the ones that matter.
  const sink = destination ?? pino.destination({ dest: 2, sync: true })
  return pino(
    {
      level,
      base: { pid: process.pid },
      timestamp: stdTimeFunctions.isoTime,
      messageKey: 'message',
      errorKey: 'error',
      formatters: { level: (name) => ({ level: name }) },
      serializers: { error: serializeError },
    },
    { write: (line) => sink.write(maskCredentials(line).replace(unescapedControls, escapeForJson)) },
  )
}

// JSON escapes the controls below U+0020 only; terminals obey those of U+0080 to U+009F and the bidirectional
// ones as well, and a log is read on a terminal.
const unescapedControls = /[\u007f-\u009f\u2028-\u202e\u2066-\u2069]/g

function escapeForJson(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`
}

/** Of an error only what it is: drivers attach whole statements and rows, which hold the data. */
function serializeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error
  const code: unknown = 'code' in error ? error.code : undefined
  return {
    type: error.name,
    message: maskSecrets(error.message),
    ...(typeof code === 'string' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: maskSecrets(error.stack) }),
    ...(error.cause === undefined ? {} : { cause: serializeError(error.cause) }),
  }
}
