import { execFile } from 'node:child_process'
import { readdir, readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

/** Peak resident memory of a process and of all that it started. */
export interface PeakMemory {
  /** Sum of every process's own peak: never less than what was resident at one moment. */
  readonly bytes: number
  /** Of the process that had most. */
  readonly largestBytes: number
  readonly processes: number
}

/** The kernel keeps each peak itself, so that only the last moment of a process goes unseen. */
const INTERVAL_MS = 200

/** Watches from now on; `stop` returns what was seen. Without /proc it asks `ps`, and peaks between looks are missed. */
export function watchPeakMemory(rootPid: number): { stop(): Promise<PeakMemory> } {
  const peaks = new Map<number, number>()
  const look = process.platform === 'linux' ? lookInProc : lookWithPs
  let stopped = false
  let looking = Promise.resolve()

  const timer = setInterval(() => {
    looking = looking.then(() => (stopped ? undefined : look(rootPid, peaks)))
  }, INTERVAL_MS)

  return {
    async stop() {
      clearInterval(timer)
      stopped = true
      await looking
      const bytes = [...peaks.values()].reduce((total, peak) => total + peak, 0)
      return { bytes, largestBytes: Math.max(0, ...peaks.values()), processes: peaks.size }
    },
  }
}

async function lookInProc(pid: number, peaks: Map<number, number>): Promise<void> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8')
    const kibibytes = /^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1]
    if (kibibytes !== undefined) peaks.set(pid, Number(kibibytes) * 1024)
    for (const task of await readdir(`/proc/${pid}/task`)) {
      const children = await readFile(`/proc/${pid}/task/${task}/children`, 'utf8')
      for (const child of children.split(' ').filter(Boolean)) await lookInProc(Number(child), peaks)
    }
  } catch {
    // It ended while it was looked at; what was seen before counts.
  }
}

async function lookWithPs(rootPid: number, peaks: Map<number, number>): Promise<void> {
  const { stdout } = await promisify(execFile)('ps', ['-A', '-o', 'pid=,ppid=,rss='])
  const family = new Set([rootPid])
  const rows = stdout.split('\n').map((row) => row.trim().split(/\s+/).map(Number))
  // A child's number is nearly always above its parent's, but numbers wrap: look until nobody new is found.
  for (let before = 0; before < family.size; ) {
    before = family.size
    for (const [pid = 0, parent = 0] of rows) if (family.has(parent)) family.add(pid)
  }
  for (const [pid = 0, , kibibytes = 0] of rows) {
    if (family.has(pid)) peaks.set(pid, Math.max(peaks.get(pid) ?? 0, kibibytes * 1024))
  }
}
