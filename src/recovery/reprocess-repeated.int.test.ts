import { readFile, rm, writeFile } from 'node:fs/promises'
import { beforeEach, describe, expect, it } from 'vitest'
import { type CommittedFiles, committedFiles } from '../../load/test/committed-files.js'
import { lines } from '../../load/test/recorded-text.js'
import type { ReprocessResult } from './reprocess-result.js'

let files: CommittedFiles
beforeEach(async () => {
  files = await committedFiles()
})

describe('repeating it', () => {
  const times = () => files.select(`SELECT reprocessed_at FROM sluice.batches ORDER BY batch_hash`)

  it('goes on with what was interrupted, and does all again after it had ended', async () => {
    await files.commit(lines.firewall(1))
    await files.commit(lines.firewall(2))
    const { path } = files
    const text = await readFile(path)
    await rm(path)
    expect(await files.run()).toMatchObject({ swapped: 1, refused: 1, refusals: [{ path, start: 0 }] })
    const done = await times()
    await writeFile(path, text)
    expect(await files.run()).toMatchObject({ swapped: 1, alreadyDone: 1, refused: 0, resumed: true })
    expect(await times()).toEqual(expect.arrayContaining(done.filter((row) => row.reprocessed_at !== null)))
    expect(await files.run()).toMatchObject({ swapped: 2, alreadyDone: 0, resumed: false })
    await files.expectBalanced({ indexed: 2, deadLettered: 0 })
  })

  it('by two at once is as good as one after the other', async () => {
    for (let n = 0; n < 5; n++) {
      await files.commit(lines.firewall(n), lines.dns(n))
    }
    await files.swapAddresses()
    const results = await Promise.all([files.run(), files.run()])
    const sum = (of: (result: ReprocessResult) => number) =>
      results.reduce((total, one) => total + of(one), 0)
    // A batch that one of them had swapped before the other began is swapped again, to the same.
    expect(sum(({ swapped, alreadyDone }) => swapped + alreadyDone)).toBe(10)
    await files.expectBalanced({ indexed: 10, deadLettered: 0 })
  })
})
