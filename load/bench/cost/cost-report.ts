import { settingList } from '../../../src/settings/setting-list.js'
import type { BenchEnvironment } from '../environment.js'
import { LEVEL_NAMES } from '../levels/level.js'
import { LEVELS } from '../levels/levels.js'
import { LINES_PER_MESSAGE } from '../levels/run-level.js'
import { type ChunkSettings, type DesignMessages, linesPerChunk, SECONDS_PER_DAY } from './design.js'
import { countLevelMessages, countNaiveMessages, countSluiceMessages } from './measure-messages.js'
import { dollarsFor, type QueuePrice, requestsPerDay, SQS } from './queue-price.js'

export interface DesignCost {
  readonly design: string
  /** One call a message, and as many messages a call as the queue takes. */
  readonly requestsPerDay: { readonly single: number; readonly batched: number }
  readonly dollarsPerDay: { readonly single: number; readonly batched: number }
  readonly messagesPerDay: number
  /** Mean of all hops. */
  readonly messageBytes: number
  /** Through the queue, all hops together. */
  readonly bytesPerDay: number
  /** What a line waits at most for company. */
  readonly waitSeconds: number
}

export interface CostReport {
  readonly price: QueuePrice
  readonly settings: ChunkSettings
  readonly volumes: ReadonlyArray<{ readonly linesPerDay: number; readonly designs: readonly DesignCost[] }>
}

const LINES_PER_DAY = [10_000_000, 100_000_000] as const

export const SLUICE_DEFAULT_DESIGN = 'Sluice, default settings'

const MAX_MEASURED_LINES = 40_000
/** What Sluice is asked besides its defaults: chunks that wait longer cost less. */
const OTHER_CHUNK_MS = [1000, 5000] as const

/** What each design would pay a queue that charges by request, at a steady rate from one growing file. */
export async function measureCost(environment: BenchEnvironment, maxLines: number): Promise<CostReport> {
  environment.log('cost: counting the messages of each design')
  const measuredLines = Math.min(maxLines, MAX_MEASURED_LINES)
  const logs = await environment.generate({ lines: measuredLines, files: 1 })
  const { lines, bytes } = logs.oracle.totals
  const settings: ChunkSettings = {
    chunkMs: defaultOf('reader.chunkMs'),
    chunkLines: defaultOf('reader.chunkLines'),
    chunkBytes: defaultOf('reader.chunkBytes'),
  }
  const volumes = []
  for (const linesPerDay of LINES_PER_DAY) {
    const linesPerSecond = linesPerDay / SECONDS_PER_DAY
    const designs: DesignMessages[] = [
      { design: 'naive', lines, hops: [await countNaiveMessages(logs.paths)], waitSeconds: 0 },
    ]
    for (const name of LEVEL_NAMES) {
      const { title, format } = LEVELS[name]
      const hops = [await countLevelMessages(logs.paths, LINES_PER_MESSAGE, format)]
      designs.push({ design: title, lines, hops, waitSeconds: LINES_PER_MESSAGE / linesPerSecond })
    }
    for (const chunkMs of [settings.chunkMs, ...OTHER_CHUNK_MS]) {
      const chunkLines = linesPerChunk(linesPerSecond, bytes / lines, { ...settings, chunkMs })
      const hops = await countSluiceMessages(environment, logs, chunkLines)
      const design =
        chunkMs === settings.chunkMs ? SLUICE_DEFAULT_DESIGN : `Sluice, reader.chunkMs ${chunkMs}`
      designs.push({ design, lines, hops, waitSeconds: chunkMs / 1000 })
    }
    volumes.push({ linesPerDay, designs: designs.map((design) => costOf(design, linesPerDay, SQS)) })
  }
  return { price: SQS, settings, volumes }
}

/** A day of a design whose messages were measured on a part of it. */
export function costOf(design: DesignMessages, linesPerDay: number, price: QueuePrice): DesignCost {
  const hops = design.hops.map(({ messages, bytes }) => ({
    messagesPerDay: (messages / design.lines) * linesPerDay,
    messageBytes: bytes / messages,
  }))
  const total = (batchCalls: boolean) =>
    hops.reduce((sum, hop) => sum + requestsPerDay(hop, price, batchCalls), 0)
  const requests = { single: total(false), batched: total(true) }
  const messagesPerDay = hops.reduce((sum, hop) => sum + hop.messagesPerDay, 0)
  const bytesPerDay = hops.reduce((sum, hop) => sum + hop.messagesPerDay * hop.messageBytes, 0)
  return {
    design: design.design,
    requestsPerDay: requests,
    dollarsPerDay: {
      single: dollarsFor(requests.single, price),
      batched: dollarsFor(requests.batched, price),
    },
    ...{ messagesPerDay, bytesPerDay, messageBytes: bytesPerDay / messagesPerDay },
    waitSeconds: design.waitSeconds,
  }
}

function defaultOf(path: string): number {
  const setting = settingList.find((candidate) => candidate.path === path)
  if (setting === undefined) throw new Error(`there is no setting ${path}`)
  return Number(setting.declared.default)
}
