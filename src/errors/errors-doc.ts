import { errorCodes, exitCodeMeanings } from './error-codes.js'

/** The generated part of docs/errors.md: exit statuses and every coded error. */
export function renderErrorsDoc(): string {
  const statuses = Object.entries(exitCodeMeanings).map(([code, meaning]) => `| ${code} | ${meaning} |`)
  const errors = Object.entries(errorCodes).map(
    ([code, { exitCode, meaning, action }]) =>
      `### ${code}\n\nExit status ${exitCode}. ${meaning}\n\n**Do:** ${action}`,
  )
  return [
    '## Exit statuses',
    ['| Status | Means |', '|---|---|', ...statuses].join('\n'),
    '## Errors',
    ...errors,
  ].join('\n\n')
}
