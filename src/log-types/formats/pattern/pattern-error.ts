/** What is wrong with an expression, in the words of an error message. */
export class PatternError extends Error {
  constructor(
    readonly expected: string,
    readonly got: string,
    readonly advice: string,
  ) {
    super(`expected ${expected}; got ${got}`)
  }
}

/** A part of an expression as a message shows it. */
export function shownPart(text: string): string {
  return `\`${text.length > 60 ? `${text.slice(0, 60)}…` : text}\``
}
