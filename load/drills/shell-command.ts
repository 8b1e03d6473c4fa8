/** A command as one would type it: settings before it, and quotes where a shell would read something else. */
export function formatCommand(
  words: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): string {
  const assigned = Object.entries(settings).map(([name, value]) => `${name}=${quote(value)}`)
  return [...assigned, ...words.map(quote)].join(' ')
}

function quote(word: string): string {
  return /^[\w./:=@%+,-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`
}
