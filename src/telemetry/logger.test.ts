import { describe, expect, it } from 'vitest'
import { createLogger } from './logger.js'
import { createRepeatedLog } from './repeated-log.js'

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
  it('writes the first of its kind at once, then one per interval with the number left out', () => {
    const { logger, entries } = capture()
    const clock = { ms: 0 }
    const repeated = createRepeatedLog({ logger, everyMs: 1000, now: () => clock.ms })
    for (clock.ms = 0; clock.ms <= 2500; clock.ms += 100)
      repeated.write('warn', { at: clock.ms }, 'It failed.')
    expect(entries().map(({ at, leftOut }) => [at, leftOut])).toEqual([
      [0, undefined],
      [1000, 9],
      [2000, 9],
    ])
  })

  it('keeps kinds apart, and remembers a bounded number of them', () => {
    const { logger, entries } = capture()
    const repeated = createRepeatedLog({ logger, now: () => 0 })
    repeated.write('warn', {}, 'It failed.', 'a')
    repeated.write('warn', {}, 'It failed.', 'b')
    repeated.write('error', {}, 'Something else failed.', 'a')
    expect(entries()).toHaveLength(3)
    for (let i = 0; i < 5000; i += 1) repeated.write('warn', {}, 'It failed.', String(i))
    repeated.write('warn', {}, 'It failed.', 'a')
    expect(entries()).toHaveLength(5004)
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
