import { InvalidArgumentError } from 'commander'

/** An argument or option that is a count or an id. */
export function positiveInteger(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value === 0) {
    throw new InvalidArgumentError('expected a positive integer')
  }
  return value
}

const largestInt4 = 2 ** 31 - 1

/** The same for what is an integer column of PostgreSQL's. */
export function positiveInt4(text: string): number {
  const value = positiveInteger(text)
  if (value > largestInt4) throw new InvalidArgumentError(`expected at most ${largestInt4}`)
  return value
}
