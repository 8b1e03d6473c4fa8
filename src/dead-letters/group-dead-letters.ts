import type pg from 'pg'
import { type DeadLetterSelection, groupOf, selectLinePage, selectNewestId } from './selection.js'
import { signatureBytes } from './signature.js'

/** Dead letters of one type, reason and signature. */
export interface DeadLetterGroup {
  /** As `--group` takes it; empty for signatures that are not told apart. */
  readonly id: string
  readonly logType: string
  readonly reason: string
  readonly signature: string
  readonly lines: number
  readonly firstAt: string
  readonly lastAt: string
  readonly sampleId: number
}

/** Groups that are told apart. Lines of noise have each their own; they must not fill the memory. */
const mostGroups = 2000
/** Stands for all signatures of a type and reason that came when there were as many groups as may be. */
export const furtherSignatures = '(further signatures)'

/** Only the beginnings of lines are read. */
const page = { lines: 10_000, bytes: 8 * 1024 * 1024, rawBytes: signatureBytes }

/** Counts the selected dead letters by type, reason and signature, the most frequent first. Reads all of them. */
export async function groupDeadLetters(
  pool: pg.Pool,
  selection: DeadLetterSelection,
  maxGroups = mostGroups,
): Promise<DeadLetterGroup[]> {
  const groups = new Map<string, { -readonly [K in keyof DeadLetterGroup]: DeadLetterGroup[K] }>()
  const newestId = await selectNewestId(pool)
  for (let afterId = 0; ; ) {
    const found = await selectLinePage(pool, selection, afterId, newestId, page)
    if (found === undefined) break
    afterId = found.lastId
    for (const line of found.lines) {
      const { logType, reason } = line
      let { id, signature } = groupOf(line)
      let key = id
      if (!groups.has(id) && groups.size >= maxGroups) {
        signature = furtherSignatures
        key = `${logType} ${reason}`
        id = ''
      }
      const at = line.createdAt.toISOString()
      const group = groups.get(key)
      if (group === undefined) {
        groups.set(key, {
          id,
          logType,
          reason,
          signature,
          lines: 1,
          firstAt: at,
          lastAt: at,
          sampleId: line.id,
        })
        continue
      }
      group.lines++
      if (at < group.firstAt) group.firstAt = at
      if (at > group.lastAt) group.lastAt = at
    }
  }
  const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0)
  return [...groups.values()].sort(
    (a, b) =>
      b.lines - a.lines ||
      compare(a.logType, b.logType) ||
      compare(a.reason, b.reason) ||
      compare(a.signature, b.signature),
  )
}
