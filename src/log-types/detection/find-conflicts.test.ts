import { expect, it } from 'vitest'
import type { LogType, LogTypeRegistry } from '../log-type.js'
import { Classifier } from './classifier.js'
import { compileDetection, type Detection } from './detection.js'
import { findConflicts } from './find-conflicts.js'

function registryOf(...detections: Detection[]): LogTypeRegistry {
  const types = detections.map((detection, index) => ({ name: `t${index}`, detection }) as LogType)
  const classifier = new Classifier(detections)
  return {
    types,
    byName: (name) => types.find((type) => type.name === name),
    classify: (bytes, start, end) => classifier.classify(bytes, start, end),
  }
}

const rule = (template?: string, ...contains: string[]): Detection =>
  compileDetection(undefined, [{ template, contains }])
const syslog = (app: string[] | undefined, template?: string): Detection =>
  compileDetection({ kind: 'syslog', app }, template === undefined ? [] : [{ template, contains: [] }])

it.each([
  [rule('{token} a '), rule('{token} a '), true],
  [rule('{token} '), rule('{token} a '), true],
  [rule('{token} a '), rule('{token} '), false],
  [rule('{token}a'), rule('{token}ab'), false],
  [rule('ab'), rule('abc'), true],
  [rule('{token}|{key}='), rule('{token}|{key}=x'), true],
  [rule('{{', '"event"'), rule('{{', '"event"', '"other"'), true],
  [rule('{{', '"event"', '"other"'), rule('{{', '"event"'), false],
  [rule(undefined, 'text'), rule('{token} ', 'a text'), true],
  [syslog(undefined), syslog(['sshd'], 'x'), true],
  [syslog(['sshd', 'su']), syslog(['su']), true],
  [syslog(['sshd']), syslog(['sshd', 'su']), false],
  [syslog(['sshd']), syslog(undefined), false],
  [syslog(undefined), rule('{token} '), false],
])('%j before %j: %s', (earlier, later, expected) => {
  const found = findConflicts(registryOf(earlier, later), [])
  expect(found).toHaveLength(expected ? 1 : 0)
  if (expected) expect(found[0]).toMatchObject({ logType: 't1', claimedBy: 't0' })
})

it('shows the samples that another type gets', () => {
  const registry = registryOf(rule('{token} '), rule('x'))
  const sample = (line: string, fileLine: number, kind: 'row' | 'unclaimed') => {
    const expectation =
      kind === 'row' ? ({ kind, record: new Map(), extra: new Map() } as const) : ({ kind } as const)
    return { line: Buffer.from(line), fileLine, expectation }
  }
  const samples = [
    sample('x y', 1, 'row'),
    sample('x', 3, 'row'),
    sample('x z', 5, 'row'),
    sample('x', 7, 'unclaimed'),
  ]
  expect(findConflicts(registry, [{ logType: 't1', file: 't1.yaml', samples }])).toEqual([
    { logType: 't1', claimedBy: 't0', evidence: 'its sample in line 1 and 1 more' },
  ])
})
