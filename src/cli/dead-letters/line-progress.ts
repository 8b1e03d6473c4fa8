import { formatCount } from '../output.js'

const everyMs = 5000

/** Tells on standard error how many lines were looked at, when it takes long. */
export function createLineProgress(): (linesSoFar: number) => void {
  let nextAt = performance.now() + everyMs
  return (linesSoFar) => {
    if (performance.now() < nextAt) return
    nextAt = performance.now() + everyMs
    process.stderr.write(`${formatCount(linesSoFar)} lines so far\n`)
  }
}
