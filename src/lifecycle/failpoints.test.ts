import { afterEach, describe, expect, it } from 'vitest'
import { armFailpoints, failpoint, failpoints, parseFailpoints } from './failpoints.js'

afterEach(() => armFailpoints(''))

describe('what the setting says', () => {
  it.each([
    ['', []],
    ['parser.batch-parsed=kill', [{ name: 'parser.batch-parsed', action: { kind: 'kill' }, at: 1 }]],
    ['indexer.committed=stop@12', [{ name: 'indexer.committed', action: { kind: 'stop' }, at: 12 }]],
    [
      'parser.batch-read[dns]=block:250, reader.chunk-cut=kill@2',
      [
        { name: 'parser.batch-read', logType: 'dns', action: { kind: 'block', ms: 250 } },
        { name: 'reader.chunk-cut', action: { kind: 'kill' }, at: 2 },
      ],
    ],
  ])('%j is understood', (text, expected) => {
    expect(parseFailpoints(text)).toMatchObject(expected)
    expect(parseFailpoints(text)).toHaveLength(expected.length)
  })

  it.each([
    'parser.batch-parsed',
    'parser.batch-parsed=explode',
    'parser.no-such-step=kill',
    'constructor=kill',
    'parser.batch-read[DNS]=kill',
    'parser.batch-read=kill@0',
    'parser.batch-read=block',
    'parser.batch-read=kill;reader.chunk-cut=kill',
  ])('%j is refused', (text) => {
    expect(parseFailpoints(text)).toBeUndefined()
    expect(() => armFailpoints(text)).toThrow(RangeError)
  })
})

describe('reaching one', () => {
  it('does nothing while none is armed, or another one', () => {
    for (const name of Object.keys(failpoints)) failpoint(name as keyof typeof failpoints)
    armFailpoints('parser.batch-read=kill, parser.batch-parsed[dns]=kill, indexer.committed=kill@3')
    failpoint('parser.batch-parsed')
    failpoint('parser.batch-parsed', 'firewall')
    failpoint('indexer.committed')
    failpoint('indexer.committed')
  })

  it('blocks the thread once, at the time that is named', () => {
    armFailpoints('parser.batch-read=block:40@2')
    const took = () => {
      const beganMs = performance.now()
      failpoint('parser.batch-read')
      return performance.now() - beganMs >= 39
    }
    expect([took(), took(), took()]).toEqual([false, true, false])
  })
})
