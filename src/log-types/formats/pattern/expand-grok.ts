import { grokNames } from './grok-names.js'
import { PatternError, shownPart } from './pattern-error.js'

const expressions: ReadonlyMap<string, string> = new Map(
  grokNames.map(({ name, expression }) => [name, expression]),
)

/** An expression without grok names. */
export interface ExpandedPattern {
  readonly source: string
  /** The group names of `source` that stand for field names which an expression cannot have. */
  readonly fieldOfGroup: ReadonlyMap<string, string>
  /** What stands at [start, end) of `source`, as it was written. */
  written(start: number, end: number): string
}

interface Expansion {
  /** Where the name stood in the text as written, and where its expression is now. */
  readonly from: number
  readonly to: number
  readonly start: number
  readonly end: number
}

/** Puts the expressions in the places of `%{NAME}` and `%{NAME:field}`. Throws a PatternError. */
export function expandGrok(text: string): ExpandedPattern {
  const fieldOfGroup = new Map<string, string>()
  const expansions: Expansion[] = []
  let source = ''
  let at = 0
  for (const match of text.matchAll(/%\{([^{}]*)\}/g)) {
    const [whole, inside] = match
    const [name, ...rest] = inside!.split(':')
    const field = rest.length > 0 ? rest.join(':') : undefined
    const expression = expressions.get(name!)
    if (expression === undefined) {
      throw new PatternError(
        `one of the names ${[...expressions.keys()].join(', ')}`,
        shownPart(whole),
        'Correct the name, or write the expression itself.',
      )
    }
    if (field !== undefined && !/^[A-Za-z0-9_.@/:-]{1,64}$/.test(field)) {
      const expected = '%{NAME:field} with a field name of 1 to 64 letters, digits and _ . @ / : -'
      throw new PatternError(expected, shownPart(whole), 'Correct the field name.')
    }
    source += text.slice(at, match.index)
    const start = source.length
    if (field === undefined) source += `(?:${expression})`
    else {
      // A $ cannot be in a field name, so no group that was written has such a name.
      const group = `$${fieldOfGroup.size}`
      fieldOfGroup.set(group, field)
      source += `(?<${group}>${expression})`
    }
    at = match.index + whole.length
    expansions.push({ from: match.index, to: at, start, end: source.length })
  }
  source += text.slice(at)
  const place = (position: number, isEnd: boolean): number => {
    let shift = 0
    for (const { from, to, start, end } of expansions) {
      if (position <= start) break
      if (position < end || (isEnd && position === end)) return isEnd ? to : from
      shift = end - to
    }
    return position - shift
  }
  return { source, fieldOfGroup, written: (start, end) => text.slice(place(start, false), place(end, true)) }
}
