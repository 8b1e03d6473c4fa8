import { describe, expect, it } from 'vitest'
import { chooseNext, hasWork, isDone, isFinal, type Scheduled, type ScheduleLimits } from './read-schedule.js'

const limits: ScheduleLimits = {
  mode: 'follow',
  chunkBytes: 1000,
  chunkLines: 10,
  chunkMs: 200,
  partialLineMs: 5000,
  recordWaitMs: 1000,
}
const once: ScheduleLimits = { ...limits, mode: 'once' }
const nowMs = 10_000

type Changes = Partial<Omit<Scheduled, 'file'>> & { readonly file?: Partial<Scheduled['file']> }

/** A file of the source 'a' that was read to its end, changed a second ago, and may change again. */
function follower({ file, ...changes }: Changes = {}): Scheduled {
  return {
    busy: false,
    isBehind: false,
    source: { uuid: 'a' },
    unreadBytes: 0,
    bytesPerLine: 100,
    ...changes,
    file: {
      atEnd: true,
      settled: false,
      waitsForRecord: false,
      changedAtMs: 9000,
      unreadSinceMs: 9000,
      ...file,
    },
  }
}

const unread = (unreadBytes: number, unreadForMs: number): Scheduled =>
  follower({ unreadBytes, bytesPerLine: 50, file: { atEnd: false, unreadSinceMs: nowMs - unreadForMs } })

describe('hasWork', () => {
  it('leaves small growth to gather until there is a chunk of bytes or lines, or time is up', () => {
    expect(hasWork(unread(499, 199), limits, nowMs)).toBe(false)
    expect(hasWork(unread(500, 0), limits, nowMs)).toBe(true)
    expect(hasWork({ ...unread(999, 0), bytesPerLine: 1000 }, limits, nowMs)).toBe(false)
    expect(hasWork({ ...unread(1000, 0), bytesPerLine: 1000 }, limits, nowMs)).toBe(true)
    expect(hasWork(unread(1, 200), limits, nowMs)).toBe(true)
  })

  it('does not wait for more of a file whose source is not known yet, nor in mode once', () => {
    expect(hasWork({ ...unread(1, 0), source: undefined }, limits, nowMs)).toBe(true)
    expect(hasWork(unread(1, 0), once, nowMs)).toBe(true)
  })

  it('comes back once to an end that has become final', () => {
    const quiet = { changedAtMs: nowMs - 5000 }
    expect(hasWork(follower(), limits, nowMs)).toBe(false)
    expect(hasWork(follower({ file: quiet }), limits, nowMs)).toBe(true)
    expect(hasWork(follower({ file: { ...quiet, settled: true } }), limits, nowMs)).toBe(false)
  })

  it('goes back with a database that was set back, whatever the file does', () => {
    expect(hasWork(follower({ isBehind: true, file: { settled: true } }), limits, nowMs)).toBe(true)
  })
})

it('takes an end for final after a while without a change, and in mode once at once', () => {
  expect(isFinal(follower({ file: { changedAtMs: 5001 } }), limits, nowMs)).toBe(false)
  expect(isFinal(follower({ file: { changedAtMs: 5000 } }), limits, nowMs)).toBe(true)
  expect(isFinal(follower({ file: { changedAtMs: nowMs } }), once, nowMs)).toBe(true)
})

it('is done with a file that is at its end, in nobody’s hands, and has nothing more to come back to', () => {
  expect(isDone(follower(), limits, nowMs)).toBe(true)
  expect(isDone(follower({ busy: true }), limits, nowMs)).toBe(false)
  expect(isDone(follower({ isBehind: true }), limits, nowMs)).toBe(false)
  expect(isDone(unread(1, 0), limits, nowMs)).toBe(false)
  expect(isDone(follower(), once, nowMs)).toBe(false)
  expect(isDone(follower({ file: { settled: true } }), once, nowMs)).toBe(true)
})

describe('chooseNext', () => {
  const due = (uuid: string | undefined, busy = false): Scheduled => ({
    ...unread(1000, 0),
    busy,
    source: uuid === undefined ? undefined : { uuid },
  })

  it('takes the first that has something to do', () => {
    const [first, second] = [due('b'), due('c')]
    expect(chooseNext([follower(), first, second], limits, nowMs)).toBe(first)
    expect(chooseNext([follower()], limits, nowMs)).toBeUndefined()
  })

  it('leaves a source alone that somebody is reading, in whatever order they stand', () => {
    const other = due('b')
    expect(chooseNext([due('a'), due('a', true), other], limits, nowMs)).toBe(other)
    expect(chooseNext([due('a'), due('a', true)], limits, nowMs)).toBeUndefined()
  })

  it('reads files whose source is not known yet beside each other', () => {
    const second = due(undefined)
    expect(chooseNext([due(undefined, true), second], limits, nowMs)).toBe(second)
  })
})
