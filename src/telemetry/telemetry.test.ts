import { describe, expect, it } from 'vitest'
import { refusalReasons } from '../log-types/line/refusal.js'
import { createTelemetry, type Telemetry, type TelemetryOptions } from './telemetry.js'

function create(options: Partial<TelemetryOptions> = {}): Telemetry {
  return createTelemetry({ logTypes: ['dns', 'auth'], version: '1.2.3', processMetrics: false, ...options })
}

async function series(telemetry: Telemetry, name: string): Promise<string[]> {
  const text = await telemetry.metricsText()
  return text.split('\n').filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
}

describe('metrics', () => {
  it('show every known series at zero from the start', async () => {
    const telemetry = create()
    expect(await series(telemetry, 'sluice_reader_lines_total')).toEqual([
      'sluice_reader_lines_total{log_type="dns"} 0',
      'sluice_reader_lines_total{log_type="auth"} 0',
      'sluice_reader_lines_total{log_type="unclassified"} 0',
    ])
    expect(await series(telemetry, 'sluice_parser_lines_total')).toHaveLength(6)
    expect(await series(telemetry, 'sluice_indexer_dead_letters_total')).toHaveLength(
      3 * (6 + refusalReasons.length),
    )
    expect(await series(telemetry, 'sluice_reader_bytes_total')).toEqual(['sluice_reader_bytes_total 0'])
    expect(await series(telemetry, 'sluice_stage_duration_seconds_count')).toHaveLength(8)
    expect(await series(telemetry, 'sluice_reader_backpressure_active')).toHaveLength(4)
  })

  it('leave gauges out of which nothing is known', async () => {
    const telemetry = create()
    for (const name of [
      'sluice_reader_sources',
      'sluice_reader_unread_bytes',
      'sluice_indexer_last_event_time_seconds',
      'sluice_stream_entries',
    ]) {
      expect(await series(telemetry, name)).toEqual([])
    }
    telemetry.metrics.readerUnreadBytes.set(7)
    expect(await series(telemetry, 'sluice_reader_unread_bytes')).toEqual(['sluice_reader_unread_bytes 7'])
    telemetry.metrics.readerUnreadBytes.set(undefined)
    expect(await series(telemetry, 'sluice_reader_unread_bytes')).toEqual([])
  })

  it('count by label', async () => {
    const telemetry = create()
    telemetry.metrics.parserLines.add(3, 'dns', 'row')
    telemetry.metrics.parserLines.add(4, 'dns', 'row')
    telemetry.metrics.readToCommit.observe(0.3)
    expect(await series(telemetry, 'sluice_parser_lines_total')).toContain(
      'sluice_parser_lines_total{log_type="dns",outcome="row"} 7',
    )
    expect(await series(telemetry, 'sluice_read_to_commit_seconds_count')).toEqual([
      'sluice_read_to_commit_seconds_count 1',
    ])
  })

  it('never make series of values that are not declared', async () => {
    const telemetry = create()
    for (let i = 0; i < 100; i += 1) telemetry.metrics.readerLines.add(1, `made-up-${i}`)
    const found = await series(telemetry, 'sluice_reader_lines_total')
    expect(found).toHaveLength(4)
    expect(found).toContain('sluice_reader_lines_total{log_type="other"} 100')
  })

  it('are those of the stages that run', async () => {
    const text = await create({ stages: ['parser'] }).metricsText()
    expect(text).toContain('sluice_parser_batches_total')
    expect(text).toContain('sluice_deliveries_total')
    expect(text).not.toContain('sluice_reader_')
    expect(text).not.toMatch(/stage="(reader|indexer)"/)
    expect(text).not.toContain('sluice_indexer_')
  })

  it('say what runs', async () => {
    expect(await series(create(), 'sluice_build_info')).toEqual([
      `sluice_build_info{version="1.2.3",node="${process.version}"} 1`,
    ])
    expect(await create({ processMetrics: true }).metricsText()).toContain('process_cpu_seconds_total')
  })

  it('of two processes in one are apart', async () => {
    const one = create()
    const other = create()
    one.metrics.readerChunks.add(1)
    expect(await series(other, 'sluice_reader_chunks_total')).toEqual(['sluice_reader_chunks_total 0'])
  })
})

describe('live gauges', () => {
  it('are read for each scrape, and absent again when they are no longer known', async () => {
    const telemetry = create()
    const depths: (number | undefined)[] = [5, undefined, 0]
    telemetry.onScrape(async (live) => live.streamEntries.set(depths.shift(), 'dns', 'raw'))
    const name = 'sluice_stream_entries'
    expect(await series(telemetry, name)).toEqual([`${name}{log_type="dns",stream="raw"} 5`])
    expect(await series(telemetry, name)).toEqual([])
    expect(await series(telemetry, name)).toEqual([`${name}{log_type="dns",stream="raw"} 0`])
  })

  it('are absent, and the rest is there, when reading them fails', async () => {
    const telemetry = create()
    telemetry.onScrape(async (live) => {
      live.streamBytes.set(1, 'dns')
      throw new Error('Redis is away')
    })
    telemetry.onScrape(async (live) => live.streamLag.set(2, 'dns', 'parsers'))
    const text = await telemetry.metricsText()
    expect(text).not.toMatch(/^sluice_stream_bytes\{/m)
    expect(text).toContain('sluice_stream_lag{log_type="dns",group="parsers"} 2')
    expect(text).toContain('sluice_scrape_failures_total 1')
  })

  it('that come too late change nothing', async () => {
    const telemetry = create({ scrapeTimeoutMs: 5 })
    let answer: () => void = () => {}
    telemetry.onScrape(async (live) => {
      await new Promise<void>((resolve) => {
        answer = resolve
      })
      live.streamBytes.set(1, 'dns')
    })
    expect(await telemetry.metricsText()).not.toMatch(/^sluice_stream_bytes\{/m)
    answer()
    await Promise.resolve()
    expect(await telemetry.metricsText()).not.toMatch(/^sluice_stream_bytes\{/m)
  })

  it('are not asked for again while the server does not answer, and are when it has', async () => {
    const telemetry = create({ scrapeTimeoutMs: 5 })
    const answers: (() => void)[] = []
    telemetry.onScrape(async (live) => {
      await new Promise<void>((resolve) => answers.push(resolve))
      live.streamBytes.set(1, 'dns')
    })
    for (let scrape = 0; scrape < 5; scrape += 1) await telemetry.metricsText()
    expect(answers).toHaveLength(1)
    // This scrape is the sixth that goes without.
    expect(await series(telemetry, 'sluice_scrape_failures_total')).toEqual([
      'sluice_scrape_failures_total 6',
    ])
    answers[0]?.()
    await new Promise(setImmediate)
    const later = series(telemetry, 'sluice_stream_bytes')
    expect(answers).toHaveLength(2)
    answers[1]?.()
    expect(await later).toEqual(['sluice_stream_bytes{log_type="dns"} 1'])
  })

  it('are read once for those who ask at the same time', async () => {
    const telemetry = create()
    let readings = 0
    telemetry.onScrape(async () => {
      readings += 1
    })
    const [one, other] = await Promise.all([telemetry.metricsText(), telemetry.metricsText()])
    expect(one).toBe(other)
    expect(readings).toBe(1)
    await telemetry.metricsText()
    expect(readings).toBe(2)
  })
})
