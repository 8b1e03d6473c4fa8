import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { expect, test } from 'vitest'
import { watchPeakMemory } from './peak-memory.js'

test('sums the peaks of a process and its child, also of memory that was given back', async () => {
  const hold = "let b = Buffer.alloc(100 << 20, 1); setTimeout(() => { b = null; console.log('held') }, 700)"
  const family = `
    require('node:child_process').spawn(process.execPath, ['-e', ${JSON.stringify(hold)}], { stdio: 'inherit' })
    ${hold}; setTimeout(() => {}, 900)`
  const parent = spawn(process.execPath, ['-e', family], { stdio: ['ignore', 'pipe', 'inherit'] })
  const watch = watchPeakMemory(parent.pid!)
  await once(parent, 'exit')
  const { bytes, largestBytes, processes } = await watch.stop()
  expect(processes).toBe(2)
  expect(bytes).toBeGreaterThan(200 << 20)
  expect(largestBytes).toBeGreaterThan(100 << 20)
  expect(largestBytes).toBeLessThan(bytes - (100 << 20))
})
