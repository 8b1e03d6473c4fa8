import { describe, expect, test } from 'vitest'
import { createRandom } from './random.js'

describe('createRandom', () => {
  test('repeats its sequence', () => {
    const draw = () =>
      Array.from(
        { length: 5 },
        (
          (random) => () =>
            random.below(1000)
        )(createRandom(42)),
      )
    expect(draw()).toEqual(draw())
  })

  test('spreads evenly, for neighbouring seeds too', () => {
    for (const seed of [0, 1, 2, 2 ** 32, Number.MAX_SAFE_INTEGER]) {
      const random = createRandom(seed)
      const counts = new Array<number>(10).fill(0)
      for (let draw = 0; draw < 10_000; draw++) counts[random.below(10)]!++
      for (const count of counts) expect(Math.abs(count - 1000)).toBeLessThan(150)
    }
  })
})
