import { expect, test } from 'vitest'
import { parseProcStat } from './process-cpu.js'

test('reads processor time and parent, whatever the command is called', () => {
  const stat = '4711 (a (b) c) S 42 1 1 0 -1 4194560 1 2 3 4 150 50 30 20 20 0 11 0 123 0 0'
  expect(parseProcStat(stat)).toEqual({
    command: 'a (b) c',
    parentPid: 42,
    ownSeconds: 2,
    endedChildrenSeconds: 0.5,
  })
})
