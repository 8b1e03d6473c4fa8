import { gzipSync } from 'node:zlib'
import { describe, expect, it } from 'vitest'
import { withContentOf } from '../../load/test/content-of.js'
import { readHead } from './identity.js'
import { ReadPosition } from './read-position.js'

/** Longer than what is kept of the head and before the position, so that there is a middle that nobody looks at. */
const text = Array.from({ length: 200 }, (_, index) => `line ${String(index).padStart(4, '0')}\n`).join('')

/** Whether a position that was reached in `text` still holds in `now`. */
async function holdsIn(now: string | Buffer, offset: number): Promise<boolean> {
  const position = new ReadPosition()
  await withContentOf(Buffer.from(text), async (content) => {
    position.backToStart(await readHead(content))
    await position.moveTo(content, offset)
  })
  let holds = false
  await withContentOf(Buffer.from(now), async (content) => {
    holds = await position.isUnreplaced(content)
  })
  return holds
}

describe('a read position', () => {
  it('holds while the file grows', async () => {
    expect(await holdsIn(text, 1900)).toBe(true)
    expect(await holdsIn(`${text}more\n`, text.length)).toBe(true)
  })

  it('does not hold when what was read is cut off, or begins or ends otherwise', async () => {
    expect(await holdsIn(text.slice(0, 1899), 1900)).toBe(false)
    expect(await holdsIn(`X${text.slice(1)}`, 1900)).toBe(false)
    expect(await holdsIn(`${text.slice(0, 1800)}X${text.slice(1801)}`, 1900)).toBe(false)
    expect(await holdsIn('', 1900)).toBe(false)
  })

  it('holds in a compressed file, which is compared as a whole when it changes', async () => {
    expect(await holdsIn(gzipSync('another'), 1900)).toBe(true)
  })

  it('knows whether a line begins there', async () => {
    const position = new ReadPosition()
    expect(position.startsOnLine).toBe(true)
    await withContentOf(Buffer.from(text), async (content) => {
      await position.moveTo(content, 9)
      expect(position.startsOnLine).toBe(false)
      await position.moveTo(content, 10)
      expect(position.startsOnLine).toBe(true)
    })
    position.advanceTo(14, Buffer.from('line'))
    expect(position.startsOnLine).toBe(false)
    position.backToStart()
    expect(position).toMatchObject({ offset: 0, startsOnLine: true })
  })
})
