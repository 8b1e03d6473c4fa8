import { SluiceError } from '../../errors/sluice-error.js'

/** One thing that is wrong in a declaration file. */
export interface DeclarationProblem {
  readonly file: string
  /** Where the key stands, or what it should be in; undefined where no line can be named. */
  readonly line?: number | undefined
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
  const file = problem.line === undefined ? problem.file : `${problem.file}:${problem.line}`
  const place = problem.key === '' ? file : `${file}: ${problem.key}`
  return `${place}: expected ${problem.expected}; got ${problem.got}`
}
