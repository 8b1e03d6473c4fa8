import { escapeControls } from '../errors/safe-text.js'
import { SluiceError } from '../errors/sluice-error.js'
import type { Reconciliation } from '../ledger/reconcile.js'
import { formatCount, formatTable, print, shortenPath } from './output.js'

/** @throws SluiceError SLUICE_UNBALANCED */
export function requireBalance(result: Reconciliation): void {
  if (result.balanced) return
  throw new SluiceError('SLUICE_UNBALANCED', 'the tables do not hold what the ledger says', {
    expected: `${result.lines} lines, each a row, a dead letter or in flight`,
    got: `${result.indexed} rows, ${result.deadLettered} dead letters, ${result.inFlight} in flight`,
  })
}

/** Sources shown at most: the sums say the rest. */
const maxSources = 20

export function printAccounts(result: Reconciliation): void {
  // What needs a look first.
  const sources = [...result.sources].sort(
    (a, b) => b.problems.length - a.problems.length || Number(a.complete) - Number(b.complete),
  )
  const hasExpired = result.expired > 0
  const rows = sources
    .slice(0, maxSources)
    .map((source) => [
      shortenPath(source.path),
      source.lines,
      source.indexed,
      ...(hasExpired ? [source.expired] : []),
      source.deadLettered,
      source.inFlight,
      source.complete ? 'complete' : 'open',
    ])
  if (rows.length > 0) {
    print('')
    const expired = hasExpired ? ['expired'] : []
    print(formatTable(['source', 'lines', 'indexed', ...expired, 'dead letters', 'in flight', 'state'], rows))
    if (sources.length > maxSources) print(`… and ${formatCount(sources.length - maxSources)} more sources`)
    print('')
  }
  for (const problem of result.problems) print(`problem: ${problem}`)
  for (const source of sources) {
    for (const problem of source.problems) print(`problem: ${escapeControls(source.path)}: ${problem}`)
  }
  const flight = result.inFlight === 0 ? '' : ` + ${formatCount(result.inFlight)} in flight`
  const expired = result.expired === 0 ? '' : ` (${formatCount(result.expired)} of them expired)`
  const sum = `${formatCount(result.indexed)} rows${expired} + ${formatCount(result.deadLettered)} dead letters${flight}`
  print(
    result.balanced
      ? `Balanced: ${formatCount(result.lines)} lines = ${sum}.`
      : `NOT balanced: ${formatCount(result.lines)} lines, ${sum}.`,
  )
}
