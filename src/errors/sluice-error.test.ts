import { describe, expect, it } from 'vitest'
import { errorCodes } from './error-codes.js'
import { escapeControls, maskCredentials, maskSecrets, maskUrl, rememberSecretsOf } from './safe-text.js'
import { exitCodeOf, formatError, SluiceError } from './sluice-error.js'

describe('formatError', () => {
  it('says what is wrong, what was expected, what was found and what to do', () => {
    const error = new SluiceError('SLUICE_SETTINGS_INVALID', 'http.port is not allowed', {
      expected: 'an integer from 0 to 65535',
      got: '"many"',
      hint: 'choose a port',
    })
    expect(formatError(error)).toBe(
      [
        'error SLUICE_SETTINGS_INVALID: http.port is not allowed',
        '  expected: an integer from 0 to 65535',
        '  got: "many"',
        '  do: choose a port',
      ].join('\n'),
    )
  })

  it('falls back to the advice of the table when the occurrence has no hint', () => {
    expect(formatError(new SluiceError('SLUICE_USAGE', 'no such command'))).toContain(
      `do: ${errorCodes.SLUICE_USAGE.action}`,
    )
  })

  it('presents a foreign error as an internal one with the place where it happened', () => {
    const text = formatError(new TypeError('x is not a function'))
    expect(text).toMatch(/^error SLUICE_INTERNAL: x is not a function\n {2}at /)
  })

  it('presents anything that can be thrown', () => {
    for (const thrown of [
      undefined,
      null,
      'text',
      7,
      Symbol('s'),
      new AggregateError([new Error('inner')]),
    ]) {
      expect(formatError(thrown)).toMatch(/^error SLUICE_INTERNAL: /)
    }
    expect(formatError(new AggregateError([new Error('one'), new Error('two')]))).toContain('one; two')
  })

  it('lets neither terminal escapes nor line breaks of the data through', () => {
    const error = new SluiceError('SLUICE_PATH_NOT_FOUND', 'no file \u001b[2Ja\nb\u009b1m\u202e', {
      got: '\u001b]0;title\u0007',
      details: ['\r\u007f'],
      cause: new Error('\u001b[0m'),
    })
    const text = formatError(error)
    expect(text.split('\n')).toHaveLength(5)
    // biome-ignore lint/suspicious/noControlCharactersInRegex: their absence is what is tested
    expect(text.replaceAll('\n', '')).not.toMatch(/[\u0000-\u001f\u007f-\u009f\u202e]/)
    expect(text).toContain('\\x1b[2Ja\\nb\\x9b1m\\u202e')
  })

  it('hides passwords of URLs', () => {
    const error = new SluiceError(
      'SLUICE_POSTGRES_UNREACHABLE',
      'cannot reach postgres://me:pa@ss@db:5432/logs',
    )
    expect(formatError(error)).toContain('postgres://me:***@db:5432/logs')
  })
})

describe('exitCodeOf', () => {
  it('is the one of the code, and 70 for everything unexpected', () => {
    expect(exitCodeOf(new SluiceError('SLUICE_UNBALANCED', 'x'))).toBe(1)
    expect(exitCodeOf(new SluiceError('SLUICE_REDIS_UNREACHABLE', 'x'))).toBe(3)
    expect(exitCodeOf(new Error('x'))).toBe(70)
    expect(exitCodeOf(undefined)).toBe(70)
  })
})

describe('escapeControls', () => {
  it('leaves ordinary text of any script alone', () => {
    expect(escapeControls('Größe 日本 🎉 שלום')).toBe('Größe 日本 🎉 שלום')
  })

  it('escapes half characters and shortens what is too long', () => {
    expect(escapeControls('a\ud83db')).toBe('a\\ud83db')
    expect(escapeControls('x'.repeat(5000))).toHaveLength(2001)
  })
})

describe('maskCredentials', () => {
  it('hides passwords in user info and in the query, and keeps the rest', () => {
    expect(maskCredentials('redis://:secret@cache:6379/0')).toBe('redis://:***@cache:6379/0')
    expect(maskCredentials('a redis://u:p@h b postgres://u:q@h/d?sslmode=require c')).toBe(
      'a redis://u:***@h b postgres://u:***@h/d?sslmode=require c',
    )
    expect(maskCredentials('postgres://h/d?user=u&password=p&x=1')).toBe(
      'postgres://h/d?user=u&password=***&x=1',
    )
    expect(maskCredentials('http://127.0.0.1:9464/metrics')).toBe('http://127.0.0.1:9464/metrics')
  })
})

describe('secrets', () => {
  it('are hidden in URLs whatever characters they have', () => {
    for (const password of ["it's", 'a@b', 'a"b', 'a:b', 'a%2Fb', 'ü€']) {
      const url = `postgres://sluice:${password}@host:5432/sluice?sslmode=require`
      expect(maskUrl(url)).toBe('postgres://sluice:***@host:5432/sluice?sslmode=require')
    }
    expect(maskUrl('redis://host:6379/0')).toBe('redis://host:6379/0')
    expect(maskUrl('postgres://host/d?user=u&password=p')).toBe('postgres://host/d?user=u&password=***')
    expect(maskCredentials("failed: postgres://u:it's@h/d")).toBe('failed: postgres://u:***@h/d')
  })

  it('that are in use are hidden in the words of others, as written and as sent', () => {
    rememberSecretsOf('postgres://u:s%40lt%26pepper@h/d?sslpassword=vinegar')
    rememberSecretsOf('redis://:abc@h')
    rememberSecretsOf('no URL')
    expect(maskSecrets('got s@lt&pepper, s%40lt%26pepper and vinegar')).toBe('got ***, *** and ***')
    // Too short to be told from other words.
    expect(maskSecrets('the abc of it')).toBe('the abc of it')
    const error = new SluiceError('SLUICE_INTERNAL', 'it failed', { cause: new Error('s@lt&pepper') })
    expect(formatError(error)).not.toContain('pepper')
    expect(formatError(new TypeError('s@lt&pepper'))).not.toContain('pepper')
  })
})
