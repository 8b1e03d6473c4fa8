import { createHash, type Hash } from 'node:crypto'
import { segmentName } from './layout.js'
import type { GenerateOptions } from './options.js'
import type { Oracle, OracleFile } from './oracle.js'
import type { DeadLetterReason, ExpectedDeadLetter, GeneratedRecord } from './record.js'
import { isDeadLetter } from './record.js'

type RunningFile = Omit<OracleFile, 'sha256'> & { hash: Hash }

/** Counts records while they are written; what it returns in the end is the oracle. */
export interface Tally {
  /** Once per record, in order. */
  add(record: GeneratedRecord): void
  /** The bytes of the current segment, in any portions, before the next segment's first record is added. */
  addContent(bytes: Uint8Array): void
  toOracle(output: Oracle['output']): Oracle
}

export function createTally(options: GenerateOptions): Tally {
  const files: RunningFile[] = []
  const rows = { firewall: 0, dns: 0, auth: 0 }
  const deadLetters = new Map<string, number>()
  const hostileKinds: Record<string, number> = {}
  let current: RunningFile | undefined

  return {
    add({ file, segment, line, terminator, expected, hostileKind }) {
      if (current?.file !== file || current.segment !== segment) {
        const name = segmentName(options, file, segment)
        current = {
          name,
          file,
          segment,
          lines: 0,
          bytes: 0,
          rows: 0,
          deadLettered: 0,
          hash: createHash('sha256'),
        }
        files.push(current)
      }
      current.lines++
      current.bytes += line.length + terminator.length
      if (hostileKind !== undefined) hostileKinds[hostileKind] = (hostileKinds[hostileKind] ?? 0) + 1
      if (isDeadLetter(expected)) {
        current.deadLettered++
        const key = `${expected.logType}/${expected.deadLetter}`
        deadLetters.set(key, (deadLetters.get(key) ?? 0) + 1)
      } else {
        current.rows++
        rows[expected.logType]++
      }
    },
    addContent(bytes) {
      current?.hash.update(bytes)
    },
    toOracle(output) {
      const finished = files.map(({ hash, name, ...file }) => ({
        name: output.gzip ? `${name}.gz` : name,
        ...file,
        sha256: hash.digest('hex'),
      }))
      const sum = (pick: (file: OracleFile) => number) =>
        finished.reduce((total, file) => total + pick(file), 0)
      return {
        version: 1,
        options,
        output,
        totals: {
          lines: sum((file) => file.lines),
          bytes: sum((file) => file.bytes),
          rows: sum((file) => file.rows),
          deadLettered: sum((file) => file.deadLettered),
        },
        rows,
        deadLetters: [...deadLetters]
          .sort(([a], [b]) => (a < b ? -1 : 1))
          .map(([key, lines]) => {
            const [logType, reason] = key.split('/') as [ExpectedDeadLetter['logType'], DeadLetterReason]
            return { logType, reason, lines }
          }),
        hostileKinds: Object.fromEntries(Object.entries(hostileKinds).sort(([a], [b]) => (a < b ? -1 : 1))),
        files: finished,
      }
    },
  }
}
