/** follow: files that grow, rotate, appear. once: to the present end of every file, as it was found. */
export type ReadMode = 'follow' | 'once'

export interface ScheduleLimits {
  readonly mode: ReadMode
  readonly chunkBytes: number
  readonly chunkLines: number
  /** Small growth is left to gather for so long. */
  readonly chunkMs: number
  /** After so long without a change the end of a file counts as final. */
  readonly partialLineMs: number
  /** After so long without a change a record of several lines counts as complete. */
  readonly recordWaitMs: number
}

/** What decides whose turn it is; times are on the clock of performance.now(). */
export interface Scheduled {
  readonly busy: boolean
  readonly isBehind: boolean
  readonly source: { readonly uuid: string } | undefined
  readonly unreadBytes: number
  readonly bytesPerLine: number
  readonly file: {
    readonly atEnd: boolean
    readonly settled: boolean
    readonly waitsForRecord: boolean
    readonly changedAtMs: number
    readonly unreadSinceMs: number
  }
}

/** The first with something to do, whose source nobody else is reading. */
export function chooseNext<F extends Scheduled>(
  followers: { values(): Iterable<F> },
  limits: ScheduleLimits,
  nowMs: number,
): F | undefined {
  const busySources = new Set<string>()
  for (const { busy, source } of followers.values()) {
    if (busy && source !== undefined) busySources.add(source.uuid)
  }
  for (const follower of followers.values()) {
    const { busy, source } = follower
    if (busy || (source !== undefined && busySources.has(source.uuid))) continue
    if (hasWork(follower, limits, nowMs)) return follower
  }
  return undefined
}

export function hasWork(follower: Scheduled, limits: ScheduleLimits, nowMs: number): boolean {
  if (follower.isBehind) return true
  if (!follower.file.atEnd) return isCutDue(follower, limits, nowMs)
  const { settled, waitsForRecord } = follower.file
  if (waitsForRecord && isRecordFinal(follower, limits, nowMs)) return true
  return !settled && isFinal(follower, limits, nowMs)
}

/** Whether the present end of the file is taken for the end of its last line, or of an unfinished copy. */
export function isFinal(
  { file }: Scheduled,
  { mode, partialLineMs }: ScheduleLimits,
  nowMs: number,
): boolean {
  return mode === 'once' || nowMs - file.changedAtMs >= partialLineMs
}

/** Whether the present end of the file is taken for the end of a record of several lines. */
function isRecordFinal({ file }: Scheduled, { mode, recordWaitMs }: ScheduleLimits, nowMs: number): boolean {
  return mode === 'once' || nowMs - file.changedAtMs >= recordWaitMs
}

/** What the present end of a file is taken for. */
export interface Finality {
  /** The end of its last line, or of an unfinished copy. */
  readonly final: boolean
  /** The end of a record of several lines. */
  readonly recordFinal: boolean
}

export function finalityOf(follower: Scheduled, limits: ScheduleLimits, nowMs: number): Finality {
  return {
    final: isFinal(follower, limits, nowMs),
    recordFinal: isRecordFinal(follower, limits, nowMs),
  }
}

/** Everything was read, as far as the file was seen. */
export function isDone(follower: Scheduled, limits: ScheduleLimits, nowMs: number): boolean {
  return follower.file.atEnd && !follower.busy && !hasWork(follower, limits, nowMs)
}

/** Small growth is left to gather for chunkMs, so that a trickle does not become a chunk a line. */
function isCutDue(follower: Scheduled, limits: ScheduleLimits, nowMs: number): boolean {
  if (limits.mode === 'once' || follower.source === undefined) return true
  return (
    follower.unreadBytes >= limits.chunkBytes ||
    follower.unreadBytes / follower.bytesPerLine >= limits.chunkLines ||
    nowMs - follower.file.unreadSinceMs >= limits.chunkMs
  )
}
