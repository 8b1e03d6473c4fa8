import { Registry } from 'prom-client'
import { createMetrics, type LiveMetrics, liveNames, type Metrics } from './metrics.js'
import { allStages, metricsTable, type Stage } from './metrics-table.js'
import { type ProcessMetrics, readsProcessMetrics, renderProcessMetrics } from './process-metrics.js'

/**
 * Reads what is only worth reading when somebody asks: called for every scrape, but not while it still runs for an
 * earlier one. It sets what it knows; what it does not set, or all of it when it throws or takes too long, is absent
 * from the scrape.
 */
export type ScrapeCollector = (live: LiveMetrics) => Promise<void>

export interface Telemetry {
  readonly metrics: Metrics
  readonly contentType: string
  /** The text that Prometheus scrapes. Never throws for a collector that fails. */
  metricsText(): Promise<string>
  onScrape(collect: ScrapeCollector): void
  /**
   * Has what Node and the operating system say of another process shown beside that of this one. Called for every
   * scrape; what throws or takes too long is absent. Returns what ends it.
   */
  addProcess(read: () => Promise<ProcessMetrics>): () => void
}

export interface TelemetryOptions {
  /** Names of the declared log types. */
  readonly logTypes: readonly string[]
  /** The stages that this process runs; the metrics of others would be zeros that mean nothing. Default: all. */
  readonly stages?: readonly Stage[]
  readonly version: string
  /** A scrape goes on without the live gauges after this long: Prometheus itself gives up after ten seconds. */
  readonly scrapeTimeoutMs?: number
  /** Metrics of the process itself (CPU, memory, event loop). Default: yes. */
  readonly processMetrics?: boolean
}

/** Lines that no type claims travel and are counted like a type of their own. */
const unclassified = 'unclassified'

/** The metrics of this process. Created once, by the composition root. */
export function createTelemetry(options: TelemetryOptions): Telemetry {
  const { stages = allStages, scrapeTimeoutMs = 2000 } = options
  const registry = new Registry()
  const logTypes = [...new Set([...options.logTypes, unclassified])]
  const metrics = createMetrics(registry, logTypes, stages)
  metrics.buildInfo.set(1, options.version, process.version)
  const processes = new Set<() => Promise<ProcessMetrics>>()
  if (options.processMetrics !== false) processes.add(readsProcessMetrics('main'))

  const collectors: ScrapeCollector[] = []
  const liveGauges = createLiveGauges(registry, metrics)
  let scraping: Promise<string> | undefined

  async function scrape(): Promise<string> {
    liveGauges.clear()
    const readings = collectors.map(async (collect) => {
      const reading = liveGauges.startReading()
      if (await settlesWithin(() => collect(reading.live), scrapeTimeoutMs)) reading.apply()
      else metrics.scrapeFailures.add(1)
    })
    const ofProcesses = Promise.all([...processes].map(readProcess))
    await Promise.all(readings)
    const texts = [renderProcessMetrics(await ofProcesses), await registry.metrics()]
    return texts.filter((text) => text !== '').join('\n')
  }

  async function readProcess(read: () => Promise<ProcessMetrics>): Promise<ProcessMetrics> {
    let known: ProcessMetrics = []
    const work = async () => {
      known = await read()
    }
    if (await settlesWithin(work, scrapeTimeoutMs)) return known
    metrics.scrapeFailures.add(1)
    return []
  }

  return {
    metrics,
    contentType: registry.contentType,
    onScrape: (collect) => {
      collectors.push(oneAtATime(collect))
    },
    addProcess(read) {
      processes.add(read)
      return () => processes.delete(read)
    },
    // Two that ask at the same time get the same answer.
    metricsText() {
      scraping ??= scrape().finally(() => {
        scraping = undefined
      })
      return scraping
    },
  }
}

interface LiveReading {
  readonly live: LiveMetrics
  apply(): void
}

/** What a collector sets is applied when it is done, so that one that comes too late changes nothing. */
function createLiveGauges(
  registry: Registry,
  metrics: Metrics,
): { clear(): void; startReading(): LiveReading } {
  return {
    clear() {
      for (const name of liveNames) registry.getSingleMetric(metricsTable[name].name)?.reset()
    },
    startReading() {
      const changes: (() => void)[] = []
      const live = Object.fromEntries(
        liveNames.map((name) => {
          const gauge: { set(value: number | undefined, ...labels: string[]): void } = metrics[name]
          return [
            name,
            {
              set: (...reading: [number | undefined, ...string[]]) =>
                changes.push(() => gauge.set(...reading)),
            },
          ]
        }),
      )
      return {
        // Made of the same names as the type.
        live: live as unknown as LiveMetrics,
        apply() {
          for (const change of changes) change()
        },
      }
    },
  }
}

/** While the server hangs that it asks, each scrape would take one more of its connections, and others need these. */
function oneAtATime(collect: ScrapeCollector): ScrapeCollector {
  let isRunning = false
  return async (live) => {
    if (isRunning) throw new Error('what was asked for an earlier scrape is not answered yet')
    isRunning = true
    try {
      await collect(live)
    } finally {
      isRunning = false
    }
  }
}

async function settlesWithin(work: () => Promise<void>, timeoutMs: number): Promise<boolean> {
  let timer: NodeJS.Timeout | undefined
  const timeout = new Promise<boolean>((resolve) => {
    timer = setTimeout(resolve, timeoutMs, false)
  })
  try {
    return await Promise.race([work().then(() => true), timeout])
  } catch {
    return false
  } finally {
    clearTimeout(timer)
  }
}
