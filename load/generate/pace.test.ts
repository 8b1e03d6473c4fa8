import { describe, expect, test } from 'vitest'
import { createPace } from './pace.js'

describe('createPace', () => {
  test('lets lines through that are due and waits, after saying so, for the first that is not', async () => {
    let nowMs = 0
    const pace = createPace(100, () => nowMs)
    let waits = 0
    const beforeWait = async () => {
      waits++
    }
    nowMs = 25
    for (let line = 0; line < 3; line++) await pace.waitForLine(beforeWait)
    expect(waits).toBe(0)
    await pace.waitForLine(beforeWait)
    expect(waits).toBe(1)
  })
})
