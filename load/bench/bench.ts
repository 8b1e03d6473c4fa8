import { availableParallelism, cpus, totalmem } from 'node:os'
import type { BenchReport, Section } from './bench-report.js'
import { type ContestReport, runContest } from './contest/contest.js'
import { SLUICE_ID } from './contest/contestants.js'
import { ingestLogs } from './contest/run-sluice.js'
import { measureCost } from './cost/cost-report.js'
import { type BenchEnvironment, type GeneratedLogs, withBenchEnvironment } from './environment.js'
import { watchOthers } from './other-load.js'
import { measureCatalogueCost } from './sections/catalogue-cost.js'
import { measureLatency } from './sections/latency.js'
import { measureParseSpeed } from './sections/parse-speed.js'
import { measureScaling, measureStages } from './sections/scaling.js'
import { measureSize, type SizeReport } from './sections/sizes.js'
import { readServerFacts } from './server-facts.js'

export interface BenchOptions {
  readonly sections: ReadonlySet<Section>
  readonly lines: number
  readonly naiveLines: number
  readonly levelLines: number
  /** Of contest, catalogue, and sizes that are not large. */
  readonly rounds: number
  /** Of what is measured in memory alone: parse, and a part of catalogue. */
  readonly memoryRounds: number
  readonly files: number
  readonly seed: number
  /** Numbers of lines for the sections sizes and queries. */
  readonly sizes: readonly number[]
  /** Lines for each run of the section scaling. */
  readonly scalingLines: number
  /** How long latency is measured at each load, after the warm-up. */
  readonly latencySeconds: number
  readonly log: (line: string) => void
  readonly signal: AbortSignal
}

const MAX_PARSERS = 3
const MAX_INDEXERS = 2

/** Measures the sections that are asked for, one after the other, on one pair of servers. */
export async function runBench(options: BenchOptions): Promise<BenchReport> {
  const startedAt = new Date()
  return withBenchEnvironment(options, async (environment) => {
    const othersPercent = await watchOthers()
    const measured = await measureSections(environment, options)
    return {
      startedAt: startedAt.toISOString(),
      seconds: Math.round((Date.now() - startedAt.getTime()) / 1000),
      servers: await environment.withFreshServers(({ databaseUrl, redisUrl }) =>
        readServerFacts(databaseUrl, redisUrl),
      ),
      machine: {
        cpus: availableParallelism(),
        cpuModel: cpus()[0]?.model ?? 'unknown',
        memoryBytes: totalmem(),
        node: process.version,
        platform: `${process.platform} ${process.arch}`,
        othersPercent: await othersPercent(),
      },
      ...measured,
    }
  })
}

async function measureSections(
  environment: BenchEnvironment,
  options: BenchOptions,
): Promise<Omit<BenchReport, 'startedAt' | 'seconds' | 'servers' | 'machine'>> {
  const { sections, files, seed, rounds, memoryRounds } = options
  const asked = (section: Section) => sections.has(section)
  const generate = (lines: number) => environment.generate({ lines, files, seed })

  const contest = asked('contest')
    ? await runContest(environment, await generate(options.lines), rounds, options)
    : undefined
  const stages = asked('stages') ? await measureStages(environment, await generate(options.lines)) : undefined
  const latency = asked('latency')
    ? await measureLatency(
        environment,
        rateOf(contest) ?? (await measureRate(environment, await generate(options.lines))),
        options.latencySeconds,
      )
    : undefined
  const scaling = asked('scaling')
    ? await measureScaling(environment, await generate(options.scalingLines), MAX_PARSERS, MAX_INDEXERS)
    : undefined
  const parse = asked('parse') ? await measureParseSpeed(memoryRounds) : undefined
  const catalogue = asked('catalogue')
    ? await measureCatalogueCost(environment, await generate(options.lines), rounds, memoryRounds)
    : undefined
  let sizes: SizeReport[] | undefined
  if (asked('sizes') || asked('queries')) {
    sizes = []
    for (const lines of options.sizes) {
      sizes.push(await measureSize(environment, await generate(lines), rounds, asked('queries')))
    }
  }
  const cost = asked('cost') ? await measureCost(environment, options.lines) : undefined
  return {
    ...(contest && { contest }),
    ...(stages && { stages }),
    ...(latency && { latency }),
    ...(scaling && { scaling }),
    ...(parse && { parse }),
    ...(catalogue && { catalogue }),
    ...(sizes && { sizes }),
    ...(cost && { cost }),
  }
}

function rateOf(contest: ContestReport | undefined): number | undefined {
  return contest?.contestants.find(({ id }) => id === SLUICE_ID)?.rowsPerSecond.median
}

async function measureRate(environment: BenchEnvironment, logs: GeneratedLogs): Promise<number> {
  environment.log('the rate that is 100 %')
  const { lines, seconds } = await environment.withFreshServers((servers) =>
    ingestLogs(servers, logs, environment),
  )
  return Math.round(lines / seconds)
}
