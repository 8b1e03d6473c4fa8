import { InvalidArgumentError } from 'commander'
import { moment } from '../moment.js'

/** An argument or option that is a day (UTC), as YYYY-MM-DD. */
export function isoDay(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text)) throw new InvalidArgumentError('expected a day, such as 2024-01-15')
  return moment(text).slice(0, 10)
}
