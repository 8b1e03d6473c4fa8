import { describe, expect, it } from 'vitest'
import { classifyFailure, isLockTimeout } from './sqlstate.js'

function failure(code?: string): Error {
  return Object.assign(new Error('text that decides nothing'), code === undefined ? {} : { code })
}

describe('classifyFailure', () => {
  it.each([
    ['08006', 'retry'],
    ['57P01', 'retry'],
    ['57P03', 'retry'],
    ['57014', 'retry'],
    ['53100', 'retry'],
    ['53300', 'retry'],
    ['58030', 'retry'],
    ['40001', 'retry'],
    ['40P01', 'retry'],
    ['25006', 'retry'],
    ['25P03', 'retry'],
    ['25P04', 'retry'],
    ['55P03', 'retry'],
    ['ECONNREFUSED', 'retry'],
    ['EPIPE', 'retry'],
    ['22001', 'data'],
    ['22P02', 'data'],
    ['22021', 'data'],
    ['23505', 'data'],
    ['54000', 'data'],
    ['22P04', 'fatal'],
    ['42P01', 'fatal'],
    ['42703', 'fatal'],
    ['28P01', 'fatal'],
    ['XX000', 'fatal'],
  ])('%s → %s', (code, kind) => {
    expect(classifyFailure(failure(code)).kind).toBe(kind)
  })

  it('takes a failure without a code for a broken connection', () => {
    expect(classifyFailure(new Error('Connection terminated unexpectedly'))).toMatchObject({
      kind: 'retry',
      sqlstate: 'connection',
    })
  })

  it('tells a constraint that a row violates from a row without a partition', () => {
    expect(classifyFailure(Object.assign(failure('23514'), { constraint: 'ports' })).kind).toBe('data')
    expect(classifyFailure(failure('23514')).kind).toBe('fatal')
    const named = { schema: 'sluice_partitions', table: 'dns_logs_default' }
    expect(classifyFailure(Object.assign(failure('23514'), named)).kind).toBe('retry')
    const tableOfRow = { schema: 'public', table: 'dns_logs' }
    expect(classifyFailure(Object.assign(failure('23514'), tableOfRow)).kind).toBe('fatal')
  })

  it('does not take failures of files for those of the server', () => {
    const ofFile = (code: string) => Object.assign(failure(code), { syscall: 'open' })
    for (const code of ['EMFILE', 'EBADF', 'ENOENT']) expect(classifyFailure(ofFile(code)).kind).toBe('fatal')
    const ofSocket = Object.assign(failure('ENOENT'), { syscall: 'connect' })
    expect(classifyFailure(ofSocket).kind).toBe('retry')
  })

  it('looks into the failures of several addresses', () => {
    expect(classifyFailure(new AggregateError([failure('ECONNREFUSED')])).kind).toBe('retry')
  })

  it('knows a lock that was not to be had', () => {
    expect(isLockTimeout(failure('55P03'))).toBe(true)
    for (const error of [failure('57014'), new Error('no code'), undefined])
      expect(isLockTimeout(error)).toBe(false)
  })

  it('does not retry mistakes of the program', () => {
    expect(classifyFailure(new TypeError('x is not a function')).kind).toBe('fatal')
  })
})
