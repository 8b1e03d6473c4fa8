/** What a PromQL expression asks for: a metric, and what it compares its labels with. */
export interface Selector {
  readonly metric: string
  readonly matchers: ReadonlyArray<{ label: string; operator: string; value: string }>
}

const words = new Set(['and', 'or', 'unless', 'bool', 'by', 'on', 'without', 'ignoring', 'group_left'])

/** The metrics in an expression, recorded ones included. Enough of PromQL for the rules of this project. */
export function selectorsOf(expression: string): Selector[] {
  const plain = expression
    // Lists of labels; durations; arguments that are texts.
    .replace(/\b(by|on|without|ignoring|group_left)\s*\([^)]*\)/g, ' ')
    .replace(/\[[\dsmhdwy:]*\]|\boffset\s+\w+/g, ' ')
  const selectors: Selector[] = []
  const pattern = /"(?:[^"\\]|\\.)*"|(?<![\w.])([a-zA-Z_:][\w:]*)(\s*\(|\{([^}]*)\})?/g
  for (const [, name, next, matchers] of plain.matchAll(pattern)) {
    if (name === undefined || words.has(name) || next?.trim() === '(') continue
    selectors.push({ metric: name, matchers: parseMatchers(matchers ?? '') })
  }
  return selectors
}

function parseMatchers(text: string): Selector['matchers'] {
  return [...text.matchAll(/(\w+)\s*(=~|!~|!=|=)\s*"([^"]*)"/g)].map(
    ([, label = '', operator = '', value = '']) => ({ label, operator, value }),
  )
}
