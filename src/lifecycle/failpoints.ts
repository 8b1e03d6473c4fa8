import { writeSync } from 'node:fs'

/**
 * Steps of the protocol at which a process can be made to die, to stop or to hang, so that recovery is tried at exactly
 * the moment that hurts most. Switched on by a setting when the process starts, never by what it reads from files or
 * from the network; while off, reaching one is a comparison.
 */
export const failpoints = {
  'reader.chunk-cut': 'a chunk is cut, and not recorded yet',
  'reader.chunk-recorded': 'the chunk is recorded, and none of its batches published',
  'reader.chunk-published': 'all batches of the chunk are published',
  'parser.batch-read': 'a batch was delivered',
  'parser.batch-parsing': 'its lines are about to be parsed; not reached by one that was delivered too often',
  'parser.batch-parsed': 'it is parsed, and not handed over yet',
  'parser.batch-handed-over': 'it is handed over',
  'indexer.batch-read': 'a batch was delivered',
  'indexer.rows-copied': 'ledger, rows and dead letters are written, inside of the transaction',
  'indexer.committed': 'the transaction is committed, and not acknowledged yet',
  'indexer.acknowledged': 'the batches are acknowledged',
  'retention.file-written': 'the file of an exported day is on the disk, under its temporary name',
  'retention.file-renamed': 'it has its final name, and the ledger does not know it as complete yet',
  'retention.day-dropped': 'counts are written and the table dropped, inside of the transaction',
  'retention.day-restored': 'rows are back in their table, inside of the transaction',
  'indexer.rollups-compacted': 'sums are in the place of the parts of some hours, inside of the transaction',
} as const

export type Failpoint = keyof typeof failpoints

/**
 * What happens there: the process is killed as by kill -9; it is stopped as by SIGSTOP, until somebody continues it; or
 * its only thread does nothing for so long.
 */
type Action = { readonly kind: 'kill' | 'stop' } | { readonly kind: 'block'; readonly ms: number }

interface ArmedFailpoint {
  readonly name: Failpoint
  /** Only for batches of this log type. */
  readonly logType: string | undefined
  readonly action: Action
  /** The time it is reached at which that happens; 1 is the first. */
  readonly at: number
  /** How often it was. What is to happen happens once in the life of a process. */
  reached: number
}

const one = /^([a-z.-]+)(?:\[([a-z_][a-z0-9_]{0,62})\])?=(?:(kill|stop)|block:(\d{1,6}))(?:@([1-9]\d{0,8}))?$/

/**
 * Reads `parser.batch-parsed=kill@3, indexer.committed[dns]=block:2000`: a failpoint, a log type if only its batches
 * count, what is to happen (milliseconds for block), and at which time, the first if none is named. Undefined when it
 * cannot be read so.
 */
export function parseFailpoints(text: string): ArmedFailpoint[] | undefined {
  const armed: ArmedFailpoint[] = []
  for (const item of text.split(/[\s,]+/).filter((part) => part !== '')) {
    const [, name, logType, kind, ms, at] = one.exec(item) ?? []
    if (name === undefined || !isFailpoint(name)) return undefined
    const action: Action =
      ms === undefined ? { kind: kind as 'kill' | 'stop' } : { kind: 'block', ms: Number(ms) }
    armed.push({ name, logType, action, at: Number(at ?? 1), reached: 0 })
  }
  return armed
}

function isFailpoint(name: string): name is Failpoint {
  return Object.hasOwn(failpoints, name)
}

let armed: readonly ArmedFailpoint[] | undefined

/** Switches on what the setting says; nothing, as a rule. @throws RangeError when it cannot be read. */
export function armFailpoints(text: string): void {
  const parsed = parseFailpoints(text)
  if (parsed === undefined) throw new RangeError(`expected failpoints, got ${text}`)
  armed = parsed.length === 0 ? undefined : parsed
}

/** Called where the step is done. */
export function failpoint(name: Failpoint, logType?: string): void {
  if (armed !== undefined) reach(armed, name, logType)
}

function reach(all: readonly ArmedFailpoint[], name: Failpoint, logType: string | undefined): void {
  for (const point of all) {
    if (point.name !== name || (point.logType !== undefined && point.logType !== logType)) continue
    point.reached++
    if (point.reached !== point.at) continue
    // Written at once: a logger would keep it until the next turn of the event loop, which may not come.
    writeSync(2, `${JSON.stringify({ failpoint: name, logType, ...point.action, pid: process.pid })}\n`)
    act(point.action)
  }
}

function act(action: Action): void {
  if (action.kind === 'block') Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, action.ms)
  else process.kill(process.pid, action.kind === 'kill' ? 'SIGKILL' : 'SIGSTOP')
}
