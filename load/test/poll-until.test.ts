import { expect, test } from 'vitest'
import { pollUntil } from './poll-until.js'

test('returns the first truthy value', async () => {
  let calls = 0
  expect(
    await pollUntil('the third call', () => (++calls === 3 ? 'three' : undefined), { intervalMs: 1 }),
  ).toBe('three')
})

test('says what was awaited and what was last seen', async () => {
  await expect(pollUntil('pigs fly', () => 0, { timeoutMs: 5, intervalMs: 1 })).rejects.toThrow(
    'waited 5 ms until pigs fly; last seen: 0',
  )
})

test('an error is a reason to wait, and is shown at the deadline', async () => {
  const refuse = () => Promise.reject(new Error('not yet'))
  await expect(pollUntil('it works', refuse, { timeoutMs: 5, intervalMs: 1 })).rejects.toThrow('not yet')
})
