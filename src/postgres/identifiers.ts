/**
 * Quoting for the SQL text that has to be built: names of declared tables and columns cannot be parameters.
 * Declarations allow only ^[a-z_][a-z0-9_]{0,62}$; the quoting here does not rely on it.
 */

/** A name as a quoted SQL identifier. Throws on what PostgreSQL cannot hold, or would silently cut at 63 bytes. */
export function quoteIdentifier(name: string): string {
  const bytes = Buffer.byteLength(name)
  if (bytes === 0 || bytes > 63 || name.includes('\0')) {
    throw new RangeError(`expected an identifier of 1 to 63 bytes without NUL, got ${bytes} bytes`)
  }
  return `"${name.replaceAll('"', '""')}"`
}

/** A string as an SQL literal, correct whatever standard_conforming_strings is set to. Throws on NUL. */
export function quoteLiteral(value: string): string {
  if (value.includes('\0')) throw new RangeError('expected a literal without NUL')
  const quoted = `'${value.replaceAll("'", "''")}'`
  return quoted.includes('\\') ? `E${quoted.replaceAll('\\', '\\\\')}` : quoted
}
