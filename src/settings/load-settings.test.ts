import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { formatError, SluiceError } from '../errors/sluice-error.js'
import { describeSettings } from './describe-settings.js'
import { loadSettings, type SettingsSources } from './load-settings.js'

let directory: string
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'sluice-settings-'))
})
afterAll(() => rmSync(directory, { recursive: true }))

function writeFile(name: string, content: string): string {
  const file = join(directory, name)
  writeFileSync(file, content)
  return file
}

/** The whole text that an operator gets to see for these sources. */
function refusal(sources: SettingsSources): string {
  try {
    loadSettings({ env: {}, ...sources })
  } catch (error) {
    expect(error).toBeInstanceOf(SluiceError)
    expect((error as SluiceError).code).toBe('SLUICE_SETTINGS_INVALID')
    expect((error as SluiceError).exitCode).toBe(2)
    return formatError(error)
  }
  throw new Error('the settings were accepted')
}

describe('loadSettings', () => {
  it('gives the defaults when nothing is set', () => {
    const settings = loadSettings({ env: {} })
    expect(settings.redis).toEqual({
      url: 'redis://localhost:6379',
      keyPrefix: 'sluice',
      commandTimeoutMs: 10_000,
    })
    expect(settings.reader.paths).toEqual([])
    expect(settings.logTypes.directory).toMatch(/config\/log-types$/)
  })

  it('lets the file win over defaults, the environment over the file and the command line over all', () => {
    const file = writeFile('order.yaml', 'reader:\n  chunkLines: 1\n  pollMs: 11\n  rescanMs: 111\n')
    const env = { SLUICE_READER_POLL_MS: '22', SLUICE_READER_RESCAN_MS: '222' }
    const { reader } = loadSettings({
      env,
      file,
      overrides: { reader: { rescanMs: 333, sweepMs: undefined } },
    })
    expect([reader.chunkLines, reader.pollMs, reader.rescanMs, reader.sweepMs]).toEqual([1, 22, 333, 2000])
  })

  it('reads the file that SLUICE_CONFIG_FILE names, YAML or JSON', () => {
    const yaml = writeFile('a.yaml', 'http: { port: 0 }\nindexer:\n  partitionsFrom: 2020-02-29\n')
    const json = writeFile('a.json', '{"http":{"port":1}}')
    const settings = loadSettings({ env: { SLUICE_CONFIG_FILE: yaml } })
    expect([settings.http.port, settings.indexer.partitionsFrom]).toEqual([0, '2020-02-29'])
    expect(loadSettings({ env: { SLUICE_CONFIG_FILE: json } }).http.port).toBe(1)
    expect(loadSettings({ env: { SLUICE_CONFIG_FILE: writeFile('b.yaml', '# nothing\n') } }).http.port).toBe(
      9464,
    )
  })

  it('reads lists from commas and from real lists', () => {
    expect(loadSettings({ env: { SLUICE_READER_PATHS: '/var/log/a, b/*.log' } }).reader.paths).toEqual([
      '/var/log/a',
      'b/*.log',
    ])
    const file = writeFile('list.yaml', 'reader:\n  paths: ["/a,b", c]\n')
    expect(loadSettings({ env: {}, file }).reader.paths).toEqual(['/a,b', 'c'])
  })

  it('takes an empty variable for an absent one', () => {
    const settings = loadSettings({ env: { REDIS_URL: '', SLUICE_HTTP_PORT: '', SLUICE_CONFIG_FILE: '' } })
    expect(settings.http.port).toBe(9464)
  })

  it('gives settings that cannot be changed', () => {
    const settings = loadSettings({ env: {} })
    expect(() => Object.assign(settings.http, { port: 1 })).toThrow(TypeError)
    expect(() => Object.assign(settings.reader.paths, ['x'])).toThrow(TypeError)
  })
})

describe('refused settings', () => {
  it.each([
    ['SLUICE_READER_CHUNK_LINES', '10k', 'reader.chunkLines', 'an integer from 1 to 1000000'],
    ['SLUICE_READER_CHUNK_LINES', '0', 'reader.chunkLines', 'an integer from 1 to 1000000'],
    ['SLUICE_READER_CHUNK_LINES', '1e3', 'reader.chunkLines', 'an integer'],
    ['SLUICE_HTTP_PORT', '65536', 'http.port', 'an integer from 0 to 65535'],
    ['SLUICE_LOG_LEVEL', 'verbose', 'log.level', 'one of fatal, error'],
    ['SLUICE_REDIS_KEY_PREFIX', 'a{b}', 'redis.keyPrefix', '1 to 64 letters'],
    ['SLUICE_INDEXER_PARTITIONS_FROM', '2023-02-29', 'indexer.partitionsFrom', 'a date as YYYY-MM-DD'],
    ['SLUICE_READER_PATHS', 'a,,b', 'reader.paths', 'paths, separated by commas'],
  ])('names key, variable, expected and given for %s=%s', (name, value, path, expected) => {
    const text = refusal({ env: { [name]: value } })
    for (const part of [path, name, `expected: ${expected}`, value]) expect(text).toContain(part)
  })

  it('reports everything that is wrong at once', () => {
    const text = refusal({ env: { SLUICE_HTTP_PORT: 'x', SLUICE_LOG_LEVEL: 'y' } })
    expect(text).toContain('http.port')
    expect(text).toContain('log.level')
  })

  it('suggests the name that was probably meant', () => {
    expect(refusal({ env: { SLUICE_READER_CHUNKLINES: '1' } })).toContain(
      'did you mean SLUICE_READER_CHUNK_LINES?',
    )
    expect(refusal({ env: { SLUICE_CONFIG_FIL: 'x' } })).toContain('did you mean SLUICE_CONFIG_FILE?')
    expect(refusal({ env: { SLUICE_XYZZY: 'x' } })).not.toContain('did you mean')
  })

  it('leaves the variables alone that Kubernetes makes of a service name', () => {
    const env = {
      SLUICE_READER_SERVICE_HOST: '10.0.0.1',
      SLUICE_READER_SERVICE_PORT_HTTP: '9464',
      SLUICE_READER_PORT: 'tcp://10.0.0.1:9464',
      SLUICE_READER_PORT_9464_TCP_ADDR: '10.0.0.1',
    }
    expect(loadSettings({ env }).http.port).toBe(9464)
  })

  it.each([
    ['reader:\n  chunklines: 5\n', 'did you mean reader.chunkLines?'],
    ['raeder:\n  chunkLines: 5\n', 'did you mean reader?'],
    ['reader: 5\n', 'reader in'],
    ['- reader\n', 'is not a mapping'],
    ['reader:\n  __proto__: { chunkLines: 5 }\n', 'reader.__proto__'],
    ['__proto__:\n  chunkLines: 5\n', '__proto__ in'],
    ['constructor:\n  prototype: 5\n', 'constructor in'],
    ['reader: {\n', 'neither YAML nor JSON'],
    ['reader:\n  chunkLines: [5]\n', 'got: [5]'],
    ['reader:\n  chunkLines:\n', 'got: null'],
  ])('refuses the file %j', (content, message) => {
    expect(refusal({ file: writeFile('bad.yaml', content) })).toContain(message)
  })

  it('refuses a file that is not there', () => {
    expect(refusal({ file: join(directory, 'missing.yaml') })).toContain('cannot be read')
  })

  it('refuses settings that contradict each other', () => {
    const text = refusal({ env: { SLUICE_READER_CHUNK_BYTES: '4096' } })
    expect(text).toContain('reader.maxLineBytes is larger than reader.chunkBytes')
    expect(text).toContain('65536 > 4096')
  })
})

describe('secrets', () => {
  it('come from a file, without the line break at its end', () => {
    const file = writeFile('redis-url', 'redis://:pw@cache:6379\n')
    expect(loadSettings({ env: { REDIS_URL_FILE: file } }).redis.url).toBe('redis://:pw@cache:6379')
  })

  it('are refused when given twice, from an empty file, or from one that is not there', () => {
    const file = writeFile('url', 'redis://x')
    expect(refusal({ env: { REDIS_URL: 'redis://y', REDIS_URL_FILE: file } })).toContain('both set')
    expect(refusal({ env: { DATABASE_URL_FILE: writeFile('empty', ' \n') } })).toContain('empty file')
    expect(refusal({ env: { DATABASE_URL_FILE: join(directory, 'none') } })).toContain('cannot be read')
  })

  it('are not shown when they are refused', () => {
    const text = refusal({
      env: { REDIS_URL: 'redis//:hunter2@cache', DATABASE_URL: 'mysql://u:hunter2@h/d' },
    })
    expect(text).toContain('redis.url (REDIS_URL)')
    expect(text).not.toContain('hunter2')
  })

  it('are not shown when the settings are described', () => {
    const described = describeSettings(loadSettings({ env: { DATABASE_URL: 'postgres://u:hunter2@h/d' } }))
    expect(described['postgres.url']).toBe('postgres://u:***@h/d')
    expect(described['http.port']).toBe(9464)
    expect(JSON.stringify(described)).not.toContain('hunter2')
  })

  it('are not quoted from a broken settings file', () => {
    const file = writeFile('secret.yaml', 'redis:\n  url: "redis://:hunter2@h\nhttp: {\n')
    expect(refusal({ file })).not.toContain('hunter2')
  })
})
