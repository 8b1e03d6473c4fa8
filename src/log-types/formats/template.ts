/**
 * Templates describe the fixed order of a line: literal text with placeholders in braces.
 *
 *   {timestamp} client {client_ip} query: {query_domain*} IN {query_type}
 *
 * `{name}` is the shortest run of bytes up to the literal that follows, `{name*}` the longest (up to the last
 * occurrence of that literal), and a placeholder at the end of a template takes the rest. A run is never empty.
 * `{{` and `}}` stand for the braces themselves.
 */
export type TemplatePart =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'placeholder'; readonly name: string; readonly toLast: boolean }

/** What is wrong with a template, in the words of an error message. */
export class TemplateError extends Error {
  constructor(
    readonly expected: string,
    readonly got: string,
  ) {
    super(`expected ${expected}; got ${got}`)
  }
}

/** Bounds the work of finding a literal in a long line: positions times literal length. */
const MAX_LITERAL_BYTES = 64

/** Splits a template into its parts. Throws a TemplateError. */
export function parseTemplate(text: string): TemplatePart[] {
  const parts: TemplatePart[] = []
  let literal = ''
  const endLiteral = () => {
    if (literal !== '') parts.push({ kind: 'literal', text: literal })
    literal = ''
  }
  for (let at = 0; at < text.length; ) {
    const character = text[at]!
    if ((character === '{' || character === '}') && text[at + 1] === character) {
      literal += character
      at += 2
    } else if (character === '{') {
      endLiteral()
      const close = text.indexOf('}', at)
      if (close < 0) throw new TemplateError('a placeholder that is closed with }', shown(text.slice(at)))
      parts.push(parsePlaceholder(text.slice(at + 1, close)))
      at = close + 1
    } else if (character === '}') {
      throw new TemplateError('}} where a literal brace is meant', shown(text.slice(at)))
    } else {
      literal += character
      at++
    }
  }
  endLiteral()
  checkParts(parts)
  return parts
}

/** Text of a template that means itself. */
export function escapeTemplate(text: string): string {
  return text.replaceAll('{', '{{').replaceAll('}', '}}')
}

function parsePlaceholder(inside: string): TemplatePart {
  const match = /^([A-Za-z0-9_.@/:-]{1,64})(\*?)$/.exec(inside)
  if (match === null) {
    throw new TemplateError(
      'a placeholder {name} or {name*} of letters, digits and _ . @ / : -',
      shown(`{${inside}}`),
    )
  }
  return { kind: 'placeholder', name: match[1]!, toLast: match[2] === '*' }
}

function checkParts(parts: readonly TemplatePart[]): void {
  const names = new Set<string>()
  parts.forEach((part, index) => {
    const next = parts[index + 1]
    if (part.kind === 'literal') {
      if (!/^[\t\x20-\x7e]*$/.test(part.text))
        throw new TemplateError('literals of printable ASCII', shown(part.text))
      if (part.text.length > MAX_LITERAL_BYTES) {
        throw new TemplateError(`literals of at most ${MAX_LITERAL_BYTES} bytes`, shown(part.text))
      }
      return
    }
    if (next?.kind === 'placeholder') {
      throw new TemplateError('literal text between two placeholders', `{${part.name}}{${next.name}}`)
    }
    if (part.toLast && next === undefined) {
      throw new TemplateError('a literal after a placeholder with *', `{${part.name}*} at the end`)
    }
    names.add(part.name)
  })
}

function shown(text: string): string {
  return JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text)
}
