import { TemplateError } from '../../formats/template.js'

/** What a step of a pattern takes; with LITERAL the byte follows in the program. */
export const LITERAL = 0
export const YEAR = 1
export const YEAR_OF_CENTURY = 2
export const MONTH = 3
export const DAY = 4
export const DAY_PADDED = 5
export const MONTH_NAME = 6
export const WEEKDAY_NAME = 7
export const HOUR = 8
export const HOUR_OF_12 = 9
export const HALF_OF_DAY = 10
export const MINUTE = 11
export const SECOND = 12
export const FRACTION = 13
export const OFFSET = 14
export const ZONE_NAME = 15
export const DAY_OF_YEAR = 16
export const EPOCH_SECONDS = 17
/** These three are of ISO 8601 only: T, t or a space; a fraction, if there is one; an offset, if there is one. */
export const DATE_END = 18
export const ANY_FRACTION = 19
export const ANY_OFFSET = 20

/** | step | its byte or 0 | step | … */
export type TimeProgram = readonly number[]

const directives: ReadonlyMap<string, number> = new Map([
  ['Y', YEAR],
  ['y', YEAR_OF_CENTURY],
  ['m', MONTH],
  ['d', DAY],
  ['e', DAY_PADDED],
  ['b', MONTH_NAME],
  ['a', WEEKDAY_NAME],
  ['H', HOUR],
  ['I', HOUR_OF_12],
  ['p', HALF_OF_DAY],
  ['M', MINUTE],
  ['S', SECOND],
  ['f', FRACTION],
  ['z', OFFSET],
  ['Z', ZONE_NAME],
  ['j', DAY_OF_YEAR],
  ['s', EPOCH_SECONDS],
])

/** Steps that take as many digits as there are: what follows must not begin with one. */
const greedy = [FRACTION, OFFSET, EPOCH_SECONDS, DAY_PADDED]
const noDigitFirst = [LITERAL, MONTH_NAME, WEEKDAY_NAME, HALF_OF_DAY, OFFSET, ZONE_NAME]

/** Each group is one thing that a pattern can have once. */
const groups: readonly (readonly number[])[] = [
  [YEAR, YEAR_OF_CENTURY],
  [MONTH, MONTH_NAME],
  [DAY, DAY_PADDED],
  [HOUR, HOUR_OF_12],
  [OFFSET, ZONE_NAME],
]

/** 2024-01-15T10:23:45 with what may follow it. */
export const isoProgram: TimeProgram = [
  ...compileTimePattern('%Y-%m-%d'),
  DATE_END,
  0,
  ...[HOUR, 0, LITERAL, 0x3a, MINUTE, 0, LITERAL, 0x3a, SECOND, 0],
  ANY_FRACTION,
  0,
  ANY_OFFSET,
  0,
]

/** A strftime text as a program. Throws a TemplateError for one that does not say a time, or more than one. */
export function compileTimePattern(pattern: string): TimeProgram {
  const program: number[] = []
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern.charAt(at)
    if (!/[\t\x20-\x7e]/.test(character)) {
      throw new TemplateError('printable ASCII characters', JSON.stringify(character))
    }
    const letter = character === '%' ? pattern.charAt(++at) : ''
    if (character !== '%' || letter === '%') {
      program.push(LITERAL, character.charCodeAt(0))
      continue
    }
    const step = directives.get(letter)
    if (step === undefined) {
      const known = [...directives.keys()].map((key) => `%${key}`).join(' ')
      throw new TemplateError(`one of ${known} %%`, JSON.stringify(`%${letter}`))
    }
    refuseRunOn(program, step)
    program.push(step, 0)
  }
  refuseContradictions(
    program.filter((_, index) => index % 2 === 0),
    pattern,
  )
  return program
}

function refuseRunOn(program: readonly number[], step: number): void {
  const before = program.at(-2)
  if (before === undefined || !greedy.includes(before) || noDigitFirst.includes(step)) return
  throw new TemplateError('literal text after %f, %z, %s and %e', 'digits that follow directly')
}

function refuseContradictions(steps: readonly number[], pattern: string): void {
  const got = JSON.stringify(pattern)
  const has = (step: number) => steps.includes(step)
  const taken = steps.filter((step) => step !== LITERAL)
  const things = taken.map((step) => groups.findIndex((group) => group.includes(step)))
  const isTwice = taken.some((step, index) => {
    return taken.indexOf(step) < index || (things[index]! >= 0 && things.indexOf(things[index]!) < index)
  })
  if (isTwice) throw new TemplateError('every part of a time once', got)
  if (has(EPOCH_SECONDS)) {
    if (taken.some((step) => step !== EPOCH_SECONDS && step !== FRACTION)) {
      throw new TemplateError('nothing but %f beside %s', got)
    }
    return
  }
  const hasMonthAndDay = (has(MONTH) || has(MONTH_NAME)) && (has(DAY) || has(DAY_PADDED))
  const hasYear = has(YEAR) || has(YEAR_OF_CENTURY)
  const hasMonthOrDay = [MONTH, MONTH_NAME, DAY, DAY_PADDED].some(has)
  if (has(DAY_OF_YEAR) ? !hasYear || hasMonthOrDay : !hasMonthAndDay) {
    throw new TemplateError('%m or %b with %d or %e; or %j with %Y or %y; or %s', got)
  }
  if (has(HOUR_OF_12) !== has(HALF_OF_DAY)) throw new TemplateError('%I and %p together', got)
  const parts = [has(HOUR) || has(HOUR_OF_12), has(MINUTE), has(SECOND), has(FRACTION)]
  if (parts.some((part, index) => part && parts.slice(0, index).includes(false))) {
    throw new TemplateError('no minutes without hours, no seconds without minutes, no %f without %S', got)
  }
}
