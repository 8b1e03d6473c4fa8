import { expect, it } from 'vitest'
import { ChangeReport, type LineChange } from './line-changes.js'

const row = (logType: string) => ({ kind: 'row', logType }) as const
const dead = (reason: string) => ({ kind: 'dead', reason }) as const

it('counts every line once, and shows some of each change', () => {
  const report = new ChangeReport()
  const add = (before: LineChange['before'], after: LineChange['after'], hasOtherValues = false) => {
    const change = { before, after, hasOtherValues }
    report.add(change, () => ({ ...change, sourceId: 1, lineOffset: 0, line: '', columns: [] }))
  }
  for (let i = 0; i < 5; i++) add(row('dns'), row('dns'), true)
  add(row('dns'), row('dns'))
  add(row('dns'), row('auth'))
  add(row('dns'), dead('no_type'))
  add(dead('no_type'), row('dns'))
  add(dead('no_type'), dead('no_type'))
  add(dead('no_type'), dead('no_match'))
  report.addDropped()
  expect(report.totals).toEqual({
    ...{ same: 1, changed: 5, moved: 1, toDeadLetter: 1, toRow: 1, stillDead: 2, dropped: 1 },
  })
  // What stays as it is, is no change.
  expect(report.counts.map(({ lines }) => lines)).toEqual([5, 1, 1, 1, 1])
  expect(report.counts[0]).toMatchObject({ before: row('dns'), after: row('dns'), hasOtherValues: true })
  expect(report.samples).toHaveLength(3 + 4)
})
