import { beforeEach, describe, expect, it } from 'vitest'
import { badPort, type CommittedFiles, committedFiles } from '../../load/test/committed-files.js'
import { lines } from '../../load/test/recorded-text.js'

let files: CommittedFiles
beforeEach(async () => {
  files = await committedFiles()
})

describe('a dry run', () => {
  it('says what would become of each line, and changes nothing', async () => {
    const port = lines.firewall(6, '|dst_port=7')
    await files.commit(lines.firewall(1), badPort, port, lines.firewall(8, '|src_port=x'))
    const before = await files.select('SELECT *, ctid FROM firewall_logs ORDER BY line_offset')
    await files.redeclare('firewall', {
      'src_port, type: integer, min: 0, max: 65535': 'src_port, type: integer, min: 0',
      'dst_port, type: integer, min: 0': 'dst_port, type: integer, min: 10',
    })
    await files.swapAddresses()
    const result = await files.run({ dryRun: true })
    expect(result).toMatchObject({ swapped: 1, rows: 2, deadLetters: 2 })
    expect(result.changes!.totals).toEqual({
      ...{ same: 0, changed: 1, moved: 0, toDeadLetter: 1, toRow: 1, stillDead: 1, dropped: 0 },
    })
    const changed = result.changes!.samples.find(({ hasOtherValues }) => hasOtherValues)
    expect(changed).toMatchObject({ line: lines.firewall(1), lineOffset: 0 })
    expect(changed!.columns).toEqual([
      { column: 'src_ip', before: '10.0.0.1', after: '10.0.0.2' },
      { column: 'dst_ip', before: '10.0.0.2', after: '10.0.0.1' },
    ])
    expect(await files.select('SELECT *, ctid FROM firewall_logs ORDER BY line_offset')).toEqual(before)
    expect(await files.select('SELECT FROM sluice.operations')).toEqual([])
    expect(await files.select('SELECT FROM sluice.batches WHERE reprocessed_at IS NOT NULL')).toEqual([])
  })

  it('finds everything as it is after the real one', async () => {
    await files.commit(lines.firewall(1), badPort, lines.firewall(2, '|what=ever|a=b'))
    await files.run()
    const { changes } = await files.run({ dryRun: true })
    expect(changes!.counts).toEqual([])
    expect(changes!.totals).toMatchObject({ same: 2, stillDead: 1 })
  })
})
