import { expect, it } from 'vitest'
import { isValidJson, MAX_JSON_DEPTH } from './json-scanner.js'

/** Whether it is valid, between bytes that must not count. */
function valid(text: string): boolean {
  const bytes = Buffer.from(`1${text}1`)
  const answer = isValidJson(bytes, 1, bytes.length - 1)
  const quoted = Buffer.from(`"${text}"`)
  if (isValidJson(quoted, 1, quoted.length - 1) !== answer) throw new Error(`looked outside of ${text}`)
  return answer
}

function isWellFormed(text: string): boolean {
  return Buffer.from(text).toString() === text
}

/** What JSON.parse takes, less what PostgreSQL does not. */
function expected(text: string): boolean {
  let hasOddText = false
  try {
    JSON.parse(text, (key, value: unknown) => {
      for (const one of [key, value]) {
        if (typeof one === 'string' && (one.includes('\0') || !isWellFormed(one))) hasOddText = true
      }
      return value
    })
    return !hasOddText
  } catch {
    return false
  }
}

it('agrees with JSON.parse on 50,000 generated and mutated documents', () => {
  let state = 3
  const below = (limit: number) => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return Math.floor((state / 4_294_967_296) * limit)
  }
  const pieces =
    '{ } [ ] , : "a" "b": "\\n" "\\u00e4" "\\ud83d\\ude00" "\\ud800" "\\udc00" "\\u0000x" 0 01 -1.5e+3 2E-7 1. .5 - true false null nul ä "\t" \n " \\'
      .split(' ')
      .concat(' ')
  const generate = (depth: number): string => {
    const kind = below(depth > 3 ? 6 : 8)
    if (kind < 6) return ['1', '-0.5e2', '"x\\"y"', 'null', 'true', ' "ä" '][kind]!
    const items = Array.from(
      { length: below(4) },
      () => (kind === 6 ? '' : `"k${below(9)}" : `) + generate(depth + 1),
    )
    return kind === 6 ? `[${items.join(' ,')}]` : `{${items.join(',')}}`
  }
  let accepted = 0
  for (let round = 0; round < 50_000; round++) {
    let text =
      round % 2 === 0
        ? generate(0)
        : Array.from({ length: 1 + below(8) }, () => pieces[below(pieces.length)]).join('')
    if (round % 4 === 0) {
      const at = below(text.length + 1)
      text = text.slice(0, at) + pieces[below(pieces.length)] + text.slice(at + below(3))
    }
    // Half a pair is no UTF-8, and a NUL byte does not get as far.
    if (!isWellFormed(text)) continue
    const answer = valid(text)
    if (answer) accepted++
    if (answer !== expected(text)) throw new Error(`${JSON.stringify(text)}: ${answer}`)
  }
  expect(accepted).toBeGreaterThan(10_000)
})

it('is bounded in depth, whatever the length', () => {
  const nested = (depth: number) => `${'[{"a":'.repeat(depth / 2)}1${'}]'.repeat(depth / 2)}`
  expect(valid(nested(MAX_JSON_DEPTH))).toBe(true)
  expect(valid(nested(MAX_JSON_DEPTH + 2))).toBe(false)
  expect(valid('['.repeat(1_000_000))).toBe(false)
})
