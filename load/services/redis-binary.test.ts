import { expect, test } from 'vitest'
import { isNewEnough, parseRedisVersion } from './redis-binary.js'

test('reads the version of Redis and of Valkey', () => {
  expect(parseRedisVersion('Redis server v=7.0.15 sha=00000000:0 malloc=jemalloc-5.3.0')).toBe('7.0.15')
  expect(parseRedisVersion('Valkey server v=8.1.1 sha=00000000:0')).toBe('8.1.1')
})

test('a checking tool that is not also a server has no version', () => {
  expect(parseRedisVersion('Usage: redis-check-rdb <rdb-file-name>')).toBeUndefined()
})

test.each([
  ['6.2.14', false],
  ['7.0.0', true],
  ['7.4.2', true],
  ['8.0.1', true],
  ['10.0.0', true],
])('version %s: new enough is %s', (version, expected) => {
  expect(isNewEnough(version)).toBe(expected)
})
