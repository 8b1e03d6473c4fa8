import { escapeControls } from '../../errors/safe-text.js'
import { describeProblem } from '../../log-types/declaration/declaration-error.js'
import type { LoadedDeclarations } from '../../log-types/declaration/load-declarations.js'
import { print } from '../output.js'

/** Declarations that are not loaded, and why. */
export function printLeftOut({ leftOut, problems }: LoadedDeclarations): void {
  const replaced = leftOut.filter((file) => problems.every((problem) => problem.file !== file))
  const reasons = [
    ...problems.map(describeProblem),
    ...replaced.map((file) => `${file}: an active type has its name, its table or an index of it`),
  ]
  if (reasons.length > 0) print('')
  for (const reason of reasons) print(`left out: ${escapeControls(reason)}`)
}
