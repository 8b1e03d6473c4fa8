import { InvalidArgumentError } from 'commander'

/** An argument or option that is a count or an id. */
export function positiveInteger(text: string): number {
  const value = Number(text)
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value === 0) {
    throw new InvalidArgumentError('expected a positive integer')
  }
  return value
}
