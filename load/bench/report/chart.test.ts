import { expect, test } from 'vitest'
import type { ContestReport } from '../contest/contest.js'
import type { ContestantGroup, ContestantReport } from '../contest/contestant.js'
import { renderChart } from './chart.js'

function contestant(id: string, title: string, group: ContestantGroup, median: number): ContestantReport {
  return {
    ...{ id, title, group, rows: 1000, rounds: [] },
    rowsPerSecond: { median, min: median * 0.9, max: median * 1.1 },
    timesNaive: median / 2500,
    timesCopyLimit: median / 300_000,
  }
}

const contest: ContestReport = {
  ...{ lines: 1_000_000, rounds: 3, naiveLines: 10_000, levelLines: 200_000 },
  contestants: [
    contestant('naive', 'naive', 'naive', 2500),
    contestant('copy-text-2', 'COPY <2>', 'copy', 300_000),
    contestant('sluice', 'Sluice', 'sluice', 360_000),
  ],
}

test('every contestant has a bar in proportion, its rate and its ratios', () => {
  const svg = renderChart(contest)
  const widths = [...svg.matchAll(/<rect x="\d+" y="\d+" width="([\d.]+)"/g)].map(([, width]) =>
    Number(width),
  )
  expect(widths).toHaveLength(3)
  expect(widths[2]! / widths[1]!).toBeCloseTo(1.2, 2)
  expect(svg).toContain('>360,000<')
  expect(svg).toContain('>144×, 1.20 × COPY<')
})

test('nothing reaches out of the picture, and titles are escaped', () => {
  const svg = renderChart(contest)
  const [, width] = /viewBox="0 0 (\d+) /.exec(svg) ?? []
  const ends = [...svg.matchAll(/x2="([\d.]+)"/g)].map(([, end]) => Number(end))
  expect(Math.max(...ends)).toBeLessThan(Number(width) - 200)
  expect(svg).toContain('COPY &lt;2&gt;')
})
