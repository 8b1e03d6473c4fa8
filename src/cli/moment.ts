import { InvalidArgumentError } from 'commander'

// Offsets as far as PostgreSQL takes them.
const form = /^(\d{4}-\d{2}-\d{2})(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-](0\d|1[0-5]):[0-5]\d))?$/

/** An argument or option that is a moment: ISO 8601 with Z or an offset, or a day, which begins at midnight UTC. */
export function moment(text: string): string {
  const day = form.exec(text)?.[1]
  if (day === undefined || Number.isNaN(Date.parse(text)) || !isDay(day)) {
    throw new InvalidArgumentError(
      'expected ISO 8601 with Z or an offset, such as 2024-01-15T10:30:00Z, or a day, such as 2024-01-15',
    )
  }
  return text.includes('T') ? text : `${text}T00:00:00Z`
}

/** JavaScript makes 1 March of 30 February, and knows a year 0; PostgreSQL refuses both. */
function isDay(day: string): boolean {
  return !day.startsWith('0000') && new Date(`${day}T00:00:00Z`).toISOString().startsWith(day)
}
