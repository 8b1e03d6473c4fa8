import { SluiceError } from '../errors/sluice-error.js'

/** One thing that is wrong in a declaration file. */
export interface DeclarationProblem {
  readonly file: string
  /** Path of the key, such as `columns[2].type`; empty for the file as a whole. */
  readonly key: string
  readonly expected: string
  readonly got: string
  /** What to do about it. */
  readonly advice: string
}

/** Thrown at start with every problem of every file, so that one run shows all that is to be corrected. */
export class DeclarationError extends SluiceError {
  readonly problems: readonly DeclarationProblem[]

  constructor(problems: readonly DeclarationProblem[]) {
    const [first, ...others] = problems.map(describeProblem)
    super('SLUICE_LOG_TYPE_INVALID', first ?? 'no log type is declared', {
      details: others,
      hint: problems.length === 1 ? problems[0]?.advice : undefined,
    })
    this.name = 'DeclarationError'
    this.problems = problems
  }
}

export function describeProblem(problem: DeclarationProblem): string {
  const place = problem.key === '' ? problem.file : `${problem.file}: ${problem.key}`
  return `${place}: expected ${problem.expected}; got ${problem.got}`
}
