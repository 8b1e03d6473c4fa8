import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { showIngest } from './ingest-progress.js'
import { createProgressDisplay } from './progress-display.js'
import { showReprocess } from './reprocess-progress.js'

const ingesting = {
  reader: {
    ...{ files: 1, paused: false, sweep: undefined },
    ...{ totalBytes: 4096, readBytes: 2048, recordedLines: 1000, atEnd: false },
  },
  rows: 990,
  deadLetters: 5,
  seconds: 2,
}

function display(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 200 })
  return { ...createProgressDisplay(stream as never), written: () => String(stream.read() ?? '') }
}

it('shows how far ingest is, by the lines that are expected in what is not read yet', () => {
  const { done, total, figures } = showIngest(ingesting)
  expect([done, total]).toEqual([498, 1000])
  expect(figures).toEqual(['49%', '995 lines', '498/s', '5 in flight', '5 dead letters', '2.0 s left'])
})

it('writes a line now and then where there is no terminal', () => {
  const { update, stop, written } = display(false)
  for (const seconds of [1, 5, 6, 9, 10]) {
    update(showReprocess({ batches: 3000 + seconds, totalBatches: 6010, lines: 1e6, seconds }))
  }
  stop()
  expect(written().split('\n')).toEqual([
    '3,005 of 6,010 batches · 1,000,000 lines · 200,000/s · 5.0 s left',
    '3,010 of 6,010 batches · 1,000,000 lines · 100,000/s · 10.0 s left',
    '',
  ])
})

it('draws a bar on a terminal, and can be stopped before it began, or twice', () => {
  const unused = display(true)
  unused.stop()
  expect(unused.written()).toBe('')
  const { update, stop, written } = display(true)
  update(showReprocess({ batches: 1, totalBatches: 4, lines: 10, seconds: 1 }))
  stop()
  stop()
  expect(written()).toContain('1 of 4 batches | 10 lines | 10/s | 3.0 s left')
})
