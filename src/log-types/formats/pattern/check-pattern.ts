import { countWays, MAX_WAYS } from './count-ways.js'
import { parsePattern } from './parse-pattern.js'
import { PatternError, shownPart } from './pattern-error.js'
import { fieldsOf } from './pattern-node.js'

/** The fields that an expression captures, each once. Throws a PatternError for one that is not valid or could blow up. */
export function checkPattern(text: string): string[] {
  const node = parsePattern(text)
  const result = countWays(node)
  if (result.kind === 'too-complex') {
    throw new PatternError(
      'an expression whose time can be bounded',
      'one with too many states to look at',
      'Shorten repetitions with a number such as {1,500}, and let every repetition stop at a character that cannot be in it.',
    )
  }
  if (result.kind === 'too-many') {
    const loops = result.loops.map(shownPart).join(' and ')
    const example = JSON.stringify(result.text.length > 60 ? `${result.text.slice(0, 60)}…` : result.text)
    throw new PatternError(
      `an expression that no text fits in more than ${MAX_WAYS} ways, so that time stays linear`,
      `${loops === '' ? 'alternatives that overlap' : loops} with a text that begins with ${example}`,
      'Let a repetition stop at what follows it: [^ ]* or %{NOTSPACE} in place of .* and %{DATA}.',
    )
  }
  return [...new Set(fieldsOf(node))]
}
