import { type LoopSignal, unwatched } from '../lifecycle/loop-signal.js'
import type { CutScratch } from './cut-scratch.js'
import type { Followers } from './followers.js'
import type { KnownSources } from './known-sources.js'
import type { ReadMode } from './read-schedule.js'
import { type RepublisherOptions, type SweepResult, sweep, type UseSourceContent } from './republisher.js'

export interface SweeperOptions {
  readonly mode: ReadMode
  readonly sweepMs: number
  readonly republisher: RepublisherOptions
  /** Every file that there is was read to its end. */
  readonly isAtEnd: () => boolean
}

/** In mode once, how soon the end is noticed. */
const endCheckMs = 50

/** Makes sure from time to time that what was read arrives, with the files of the followers at hand. */
export class Sweeper {
  private last: SweepResult | undefined
  /** The last sweep began after the end of every file had been reached. */
  private sawTheEnd = false
  private dueAtMs = 0

  constructor(
    private readonly followers: Followers,
    private readonly sources: KnownSources,
    private readonly options: SweeperOptions,
  ) {}

  /** Of all that was read; undefined while there is more to read. */
  get final(): SweepResult | undefined {
    return this.sawTheEnd ? this.last : undefined
  }

  /** Returns milliseconds to rest until the next time. */
  async sweep(scratch: CutScratch, loop: LoopSignal = unwatched): Promise<number> {
    const { mode, sweepMs, republisher, isAtEnd } = this.options
    const atEnd = isAtEnd()
    if (mode === 'once' && !atEnd && performance.now() < this.dueAtMs) return endCheckMs
    this.dueAtMs = performance.now() + sweepMs
    await this.sources.refresh()
    for (const follower of this.followers.all) {
      if (!follower.busy && follower.isBehind) follower.file.atEnd = false
    }
    this.last = await sweep(this.sources.uuids, this.contentFor(loop), scratch, republisher)
    republisher.telemetry.swept(this.last)
    this.sawTheEnd = atEnd && isAtEnd()
    return mode === 'once' ? Math.min(endCheckMs, sweepMs) : sweepMs
  }

  private contentFor(loop: LoopSignal): UseSourceContent {
    return async (sourceUuid, end, work) => {
      for (const follower of this.followers.all) {
        if (follower.source?.uuid !== sourceUuid || follower.position < end) continue
        const found = await follower.file.withOwnContent(async (content) => {
          content.onPiece = loop.beat
          await work(content)
        })
        if (found) return true
      }
      return false
    }
  }
}
