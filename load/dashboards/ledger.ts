import type { StatSpec } from './spec.js'

/** Whether every line is there: the one number that has to be good. */
export function ledger(width: number): StatSpec {
  return {
    kind: 'stat',
    title: 'Ledger',
    description:
      'Balanced: the last proof found every line as a row or a dead letter. Otherwise sluice reconcile says for which files not.',
    unit: 'short',
    width,
    queries: [{ expr: 'min(sluice_ledger_balanced)', legend: 'balanced' }],
    thresholds: [
      [null, 'red'],
      [1, 'green'],
    ],
    words: { 0: 'unbalanced', 1: 'balanced' },
    noValue: 'not proved',
    runbook: 'ledger-unbalanced',
  }
}
