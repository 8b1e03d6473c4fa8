import { findTime } from './guess-time.js'

/** Lines to draft from, and those that stand among them: banners, marks, lines that go on with the one before. */
export interface ChosenLines {
  readonly lines: readonly Buffer[]
  readonly others: readonly string[]
}

/** With a smaller share of the lines it is not their shape that is drafted. */
const leastShare = 0.5

/**
 * What to draft from, the narrowest choice first: the lines with a time where most have it, those with a time anywhere,
 * and all. A choice that leaves out more than half is none.
 */
export function chooseLines(lines: readonly Buffer[]): ChosenLines[] {
  const texts = lines.map((line) => line.toString('utf8'))
  const places = texts.map(placeOfTime)
  const counts = new Map<string, number>()
  for (const place of places) if (place !== undefined) counts.set(place, (counts.get(place) ?? 0) + 1)
  const usual = [...counts].sort((a, b) => b[1] - a[1])[0]?.[0]
  const choose = (isChosen: (place: string | undefined) => boolean): ChosenLines => ({
    lines: lines.filter((_, index) => isChosen(places[index])),
    others: texts.filter((_, index) => !isChosen(places[index])),
  })
  const choices = [
    choose((place) => place !== undefined && place === usual),
    choose((place) => place !== undefined),
    { lines, others: [] },
  ]
  return choices.filter(
    (choice, index) =>
      choice.lines.length >= leastShare * lines.length &&
      choices.findIndex((other) => other.lines.length === choice.lines.length) === index,
  )
}

/** The words before the first time and the character that it follows; members of JSON are in no order. */
function placeOfTime(text: string): string | undefined {
  const at = findTime(text)
  if (at < 0) return undefined
  if (text.startsWith('{')) return '{'
  const words = text.slice(0, at).split(/\s+/).length
  return `${words} ${text[at - 1] ?? ''}`
}
