import { describe, expect, it } from 'vitest'
import { rememberSecretsOf } from '../errors/safe-text.js'
import { createLogger } from './logger.js'
import { createOutageTelemetry } from './outage-telemetry.js'
import { createRepeatedLog } from './repeated-log.js'
import { createTelemetry } from './telemetry.js'

function capture(level: Parameters<typeof createLogger>[0] = 'info') {
  const lines: string[] = []
  const logger = createLogger(level, { write: (line) => lines.push(line) })
  return { logger, lines, entries: () => lines.map((line): Record<string, unknown> => JSON.parse(line)) }
}

describe('the logger', () => {
  it('writes an object a line, with the sentence, the level by name and the fields', () => {
    const { logger, lines, entries } = capture()
    logger.info({ chunks: 3, path: '/a\nb\u001b[0m\u009b1m\u202e' }, 'Chunks were published.')
    expect(lines).toHaveLength(1)
    expect(lines[0]?.indexOf('\n')).toBe(lines[0]!.length - 1)
    expect(lines[0]).toContain('/a\\nb\\u001b[0m\\u009b1m\\u202e')
    expect(entries()[0]).toMatchObject({ level: 'info', message: 'Chunks were published.', chunks: 3 })
    expect(entries()[0]?.path).toBe('/a\nb\u001b[0m\u009b1m\u202e')
    expect(entries()[0]?.time).toMatch(/^\d{4}-\d\d-\d\dT.*Z$/)
  })

  it('leaves out what is less severe than its level', () => {
    const { logger, lines } = capture('warn')
    logger.info('Nothing to see.')
    logger.warn('Something to see.')
    expect(lines).toHaveLength(1)
  })

  it('hides passwords wherever they turn up', () => {
    const { logger, lines } = capture()
    const error = new Error('connect postgres://u:hunter2@h/d failed', {
      cause: new Error('redis://:hunter2@h'),
    })
    logger.error({ error, url: 'redis://u:hun@ter2@h:1/0' }, 'Cannot reach postgres://u:hunter2@h/d.')
    expect(lines.join('')).not.toMatch(/hunter2|ter2@/)
    expect(lines.join('')).toContain('postgres://u:***@h/d')
  })

  it('hides the passwords in use wherever an error quotes them, in every spelling', () => {
    rememberSecretsOf("redis://:corr%23ct-horse'@h:6379/0")
    const { logger, lines } = capture()
    const outages = createOutageTelemetry('reader', {
      metrics: createTelemetry({ logTypes: [], version: '0', processMetrics: false }).metrics,
      logger,
    })
    const message = "ERR unknown command 'AUTH', with args beginning with: 'corr#ct-horse'' "
    logger.error({ error: new Error(message) }, 'Redis refused.')
    logger.error({ error: new Error('outer', { cause: new Error("corr%23ct-horse' failed") }) }, 'It failed.')
    outages.redisOutage({ message, retryInMs: 1 })
    outages.postgresOutage({ sqlstate: '28P01', message, retryInMs: 1 })
    expect(lines).toHaveLength(4)
    expect(lines.join('')).not.toMatch(/ct-horse/)
    expect(lines.join('').match(/\*\*\*/g)!.length).toBeGreaterThanOrEqual(4)
  })

  it('writes of an error what it is, and not what the driver attached to it', () => {
    const { logger, lines, entries } = capture()
    const error = Object.assign(new RangeError('refused'), {
      code: '22P02',
      detail: 'the row',
      where: 'COPY line 3',
    })
    logger.error({ error }, 'PostgreSQL refused.')
    expect(entries()[0]?.error).toMatchObject({ type: 'RangeError', message: 'refused', code: '22P02' })
    expect(lines.join('')).not.toContain('the row')
  })
})

describe('a repeated log', () => {
  it('writes the first of its kind at once, then ever fewer with the number left out', () => {
    const { logger, entries } = capture()
    const clock = { ms: 0 }
    const repeated = createRepeatedLog({ logger, everyMs: 1000, now: () => clock.ms })
    for (clock.ms = 0; clock.ms <= 7500; clock.ms += 100)
      repeated.write('warn', { at: clock.ms }, 'It failed.')
    expect(entries().map(({ at, leftOut }) => [at, leftOut])).toEqual([
      [0, undefined],
      [1000, 9],
      [3000, 19],
      [7000, 39],
    ])
  })

  it('writes some twenty lines of an hour of failures, none of which is forgotten', () => {
    const { logger, entries } = capture()
    const clock = { ms: 0 }
    const repeated = createRepeatedLog({ logger, now: () => clock.ms })
    for (; clock.ms < 3_600_000; clock.ms += 1000) repeated.write('warn', {}, 'It failed.')
    expect(entries().length).toBeLessThanOrEqual(20)
    clock.ms += 300_000
    repeated.write('warn', {}, 'It failed.')
    const leftOut = entries().reduce((sum, entry) => sum + Number(entry.leftOut ?? 0), 0)
    expect(leftOut + entries().length).toBe(3601)
  })

  it('writes at once what comes after a silence', () => {
    const { logger, entries } = capture()
    const clock = { ms: 0 }
    const repeated = createRepeatedLog({ logger, now: () => clock.ms })
    for (; clock.ms < 600_000; clock.ms += 1000) repeated.write('warn', {}, 'It failed.')
    const before = entries().length
    clock.ms += 60_000
    repeated.write('warn', {}, 'It failed.')
    expect(entries()).toHaveLength(before + 1)
    expect(entries().at(-1)?.leftOut).toBeGreaterThan(0)
  })

  it('of a service that comes and goes writes neither the one nor the other every time', () => {
    const { logger, entries } = capture()
    const clock = { ms: 0 }
    const outages = createOutageTelemetry('reader', {
      metrics: createTelemetry({ logTypes: [], version: '0', processMetrics: false }).metrics,
      logger,
      now: () => clock.ms,
    })
    for (; clock.ms < 3_600_000; clock.ms += 1000) {
      outages.redisOutage({ message: 'refused', retryInMs: 1 })
      outages.redisRecovered()
    }
    expect(entries().length).toBeLessThanOrEqual(40)
  })

  it('keeps kinds apart, and remembers a bounded number of them', () => {
    const { logger, entries } = capture()
    const repeated = createRepeatedLog({ logger, now: () => 0 })
    repeated.write('warn', {}, 'It failed.', 'a')
    repeated.write('warn', {}, 'It failed.', 'b')
    repeated.write('error', {}, 'Something else failed.', 'a')
    expect(entries()).toHaveLength(3)
    for (let i = 0; i < 5000; i += 1) repeated.write('warn', {}, 'It failed.', String(i))
    expect(entries()).toHaveLength(1001)
  })

  it('writes ever fewer lines of more kinds than it remembers, and remembers others when these are silent', () => {
    const { logger, entries } = capture()
    const clock = { ms: 0 }
    const repeated = createRepeatedLog({ logger, now: () => clock.ms })
    const failEach = (kind: string) => {
      for (let i = 0; i < 3000; i += 1) repeated.write('warn', {}, 'It failed.', `${kind} ${i}`)
    }
    for (; clock.ms < 300_000; clock.ms += 5000) failEach('file')
    // Six times each of the 1000, and of the rest together: 0, 10, 30, 70, 150 and nearly 310 seconds.
    expect(entries().length).toBeLessThanOrEqual(6 * 1001)
    const before = entries().length
    clock.ms += 60_000
    failEach('link')
    expect(entries()).toHaveLength(before + 1001)
  })

  it('is not silenced by a clock that was set back', () => {
    const { logger, entries } = capture()
    const clock = { ms: 5000 }
    const repeated = createRepeatedLog({ logger, now: () => clock.ms })
    repeated.write('warn', {}, 'It failed.')
    clock.ms = 0
    repeated.write('warn', {}, 'It failed.')
    expect(entries()).toHaveLength(2)
  })
})
