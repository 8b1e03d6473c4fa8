import { describe, expect, it } from 'vitest'
import { compileDetector, plainEnd, runDetector } from './detector.js'

function detects(template: string, line: string): boolean {
  // What stands around the line would complete it, if it were looked at.
  const bytes = Buffer.from(`x client x|a=${line}|a= client `, 'latin1')
  const start = 'x client x|a='.length
  const end = start + line.length
  const program = Int32Array.from(compileDetector(template))
  const detected = runDetector(program, 0, bytes, start, end, plainEnd(bytes, start, end))
  // Where the plain bytes end is only a hint.
  expect(runDetector(program, 0, bytes, start, end, start)).toBe(detected)
  return detected
}

describe('detector', () => {
  it.each([
    ['{token}|{key}=', 'x|a=', true],
    ['{token}|{key}=', 'x|a.b-c_9=', true],
    ['{token}|{key}=', 'x|a=1 and anything\0\xff', true],
    ['{token}|{key}=', '|a=1', false],
    ['{token}|{key}=', 'x y|a=1', false],
    ['{token}|{key}=', 'x|=1', false],
    ['{token}|{key}=', 'x|a', false],
    ['{token}|{key}=', 'x|a|b=1', false],
    ['{token}|{key}=', 'x', false],
    ['{token}|{key}=', '', false],
    ['{token} client ', 'x client ', true],
    ['{token} client ', 'x clients', false],
    ['{token} client ', 'x y client ', false],
    ['{token} client ', ' client ', false],
    ['{token} {token} sshd[', 'x y sshd[', true],
    ['{token} {token} sshd[', 'x y sshd', false],
    ['{token} {token} sshd[', 'x sshd[1]', false],
    ['<{token}', '<1', true],
    ['<{token}', '<', false],
    ['<{token}', '< ', false],
    ['{token}ab', 'aab', true],
    ['{token}ab', 'ab', false],
    ['{token}|a', 'x=y|b|a', true],
    ['{token}', 'abc', true],
    ['{token}', '', false],
    ['literal', 'literal', true],
    ['literal', 'litera', false],
    ['{key} x', 'abc x', true],
    ['{key} x', 'a=c x', false],
  ])('%s on %j: %s', (template, line, expected) => {
    expect(detects(template, line)).toBe(expected)
  })

  it('bounds tokens to 255 and keys to 64 bytes', () => {
    expect(detects('{token}|{key}=', `${'x'.repeat(255)}|a=`)).toBe(true)
    expect(detects('{token}|{key}=', `${'x'.repeat(256)}|a=`)).toBe(false)
    expect(detects('{token}', 'x'.repeat(256))).toBe(true)
    expect(detects('{token}|{key}=', `x|${'a'.repeat(64)}=`)).toBe(true)
    expect(detects('{token}|{key}=', `x|${'a'.repeat(65)}=`)).toBe(false)
  })

  it.each(['', '{other}', '{token*} ', '{token}{key}', '{key}x', '{key}-'])(
    'refuses the template %j',
    (template) => {
      expect(() => compileDetector(template)).toThrow('expected')
    },
  )
})
