import { expect, test } from 'vitest'
import { formatComparison } from './comparison.js'

test('the table shows both pipelines, the ratio and what makes figures comparable', () => {
  const text = formatComparison({
    naive: { rows: 20_000, dropped: 0, lines: 20_000, seconds: 8, rowsPerSecond: 2500 },
    sluice: {
      balanced: true,
      lines: 1_000_000,
      indexed: 999_990,
      deadLettered: 10,
      seconds: 9.1,
      wallSeconds: 10,
      rowsPerSecond: 99_999,
      peakMemoryBytes: 256 << 20,
      processes: 1,
      verified: true,
    },
    ratio: 40,
    servers: {
      postgres: {
        server_version: '18.4',
        fsync: 'on',
        synchronous_commit: 'on',
        full_page_writes: 'on',
        wal_level: 'replica',
        shared_buffers: '128MB',
      },
      redis: { version: '7.0.15', appendonly: 'yes', appendfsync: 'everysec' },
    },
    machine: { cpus: 2, node: 'v20.20.2', platform: 'linux x64' },
  })
  expect(text).toBe(`           rows  seconds  rows/s  ratio  peak memory
naive    20,000      8.0   2,500      1
sluice  999,990     10.0  99,999   40.0  256 MiB in 1 process

balanced: true, verified: true, dead letters: 10
PostgreSQL: server_version=18.4 fsync=on synchronous_commit=on full_page_writes=on wal_level=replica shared_buffers=128MB
Redis: version=7.0.15 appendonly=yes appendfsync=everysec
Machine: 2 CPUs, linux x64, Node v20.20.2
`)
})
