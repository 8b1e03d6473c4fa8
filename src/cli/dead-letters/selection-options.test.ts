import { resolve } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readSelection } from './selection-options.js'

describe('a selection', () => {
  it('of ids takes lines and entries apart, each once', () => {
    expect(readSelection(['7', 'dns/1700000000000-0', '8', '7'], {})).toEqual({
      lines: { ids: [7, 8] },
      entries: { ids: [{ logType: 'dns', id: '1700000000000-0' }] },
    })
    expect(readSelection(['7'], {})).toEqual({ lines: { ids: [7] }, entries: undefined })
    expect(readSelection(['dns/1-0'], {})).toMatchObject({ lines: undefined })
  })

  it('by filters means lines and entries alike', () => {
    const { lines, entries } = readSelection([], { type: 'dns', source: 'a.log' })
    expect(lines).toMatchObject({ logType: 'dns', source: resolve('a.log') })
    expect(entries).toEqual(lines)
  })

  it('of everything has to be said', () => {
    expect(readSelection([], { all: true }).lines).toEqual({})
    expect(() => readSelection([], {})).toThrow('nothing is selected')
  })

  it('in two ways at once is refused', () => {
    expect(() => readSelection(['7'], { type: 'dns' })).toThrow('selected in two ways')
    expect(() => readSelection([], { type: 'dns', all: true })).toThrow('selected in two ways')
  })

  it.each(['0', '-1', '1.5', 'dns', 'dns/1', 'DNS/1-0', '1e3', '', 'dns/18446744073709551616-0'])(
    'refuses the id %j',
    (id) => {
      expect(() => readSelection([id], {})).toThrow('no id of a dead letter')
    },
  )
})
