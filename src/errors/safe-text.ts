/** Longest piece of foreign text that is shown: a message that fills the screen hides the others. */
const maxShownCharacters = 2000

// C0 and C1 controls and DEL move the cursor or start terminal escapes; line and paragraph separators break
// a line; the bidirectional controls let text show in another order than it has; lone surrogates are not text.
const unsafeCharacters =
  /[\p{Cc}\u061c\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/gu

/** Text that came from data, made harmless for a terminal: one line, nothing that a terminal obeys. */
export function escapeControls(text: string): string {
  const shown = text.length > maxShownCharacters ? `${text.slice(0, maxShownCharacters)}…` : text
  return escapeWhole(shown)
}

/** The same for what somebody asked to see, however long it is. */
export function escapeWhole(text: string): string {
  return text.replace(unsafeCharacters, escapeCharacter)
}

function escapeCharacter(character: string): string {
  if (character === '\n') return '\\n'
  if (character === '\r') return '\\r'
  if (character === '\t') return '\\t'
  const code = character.charCodeAt(0)
  return code < 0x100
    ? `\\x${code.toString(16).padStart(2, '0')}`
    : `\\u${code.toString(16).padStart(4, '0')}`
}

// The password of `scheme://user:password@host`: up to the last @ before a slash, a blank or a double quote, so that
// one with an unescaped @ or apostrophe is hidden whole.
const passwordInUserInfo = /(:\/\/[^\s"'/@:]*):[^\s"/]*@/g
const passwordInQuery = /([?&](?:password|pass|pwd|sslpassword)=)[^&\s"']*/gi

/** Hides the passwords of URLs anywhere in a text; everything else stays as it is. */
export function maskCredentials(text: string): string {
  return text.replace(passwordInUserInfo, '$1:***@').replace(passwordInQuery, '$1***')
}

/** Shorter ones are words of other texts as well, and no secret. */
const shortestSecret = 4
const knownSecrets = new Set<string>()

const passwordAsWritten = /^([^/]*\/\/[^:@/]*):([^/]*)@/

/** A text that is a URL and nothing else, without its password, whatever characters that has. */
export function maskUrl(url: string): string {
  return maskCredentials(url.replace(passwordAsWritten, '$1:***@'))
}

/**
 * From now on `maskSecrets` hides the passwords of this URL. Called for every setting that may hold one: servers quote
 * what they were sent, as Redis does with the arguments of a command that it does not know.
 */
export function rememberSecretsOf(url: string): void {
  if (!URL.canParse(url)) return
  const { password, searchParams } = new URL(url)
  // URL changes what has to be escaped.
  const written = passwordAsWritten.exec(url)?.[2] ?? ''
  const inQuery = ['password', 'pass', 'pwd', 'sslpassword'].map((name) => searchParams.get(name) ?? '')
  for (const spelling of [password, decode(password), written, ...inQuery]) {
    if (spelling.length >= shortestSecret) knownSecrets.add(spelling)
  }
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text)
  } catch {
    return text
  }
}

/**
 * For text that others made, of errors above all: hides passwords of URLs, and those in use wherever they stand. Not for
 * text of Sluice's own, of which a password such as `postgres` would blank half.
 */
export function maskSecrets(text: string): string {
  let masked = maskCredentials(text)
  for (const secret of knownSecrets) masked = masked.replaceAll(secret, '***')
  return masked
}
