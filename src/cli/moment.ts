import { InvalidArgumentError } from 'commander'

const form = /^\d{4}-\d{2}-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d{1,6})?)?(Z|[+-]\d{2}:\d{2}))?$/

/** An argument or option that is a moment: ISO 8601 with Z or an offset, or a day, which begins at midnight UTC. */
export function moment(text: string): string {
  if (!form.test(text) || Number.isNaN(Date.parse(text))) {
    throw new InvalidArgumentError(
      'expected ISO 8601 with Z or an offset, such as 2024-01-15T10:30:00Z, or a day, such as 2024-01-15',
    )
  }
  return text.includes('T') ? text : `${text}T00:00:00Z`
}
