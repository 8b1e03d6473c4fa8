import { readdir, readFile } from 'node:fs/promises'

/** Linux counts processor time for user space in hundredths of a second, on every architecture. */
const TICKS_PER_SECOND = 100

/** What /proc/<pid>/stat says. */
interface ProcStat {
  readonly command: string
  readonly parentPid: number
  /** Of all its threads. */
  readonly ownSeconds: number
  /** Of children that ended and were waited for. */
  readonly endedChildrenSeconds: number
}

/** Processor seconds of a process with all its threads; null when there is no /proc or no such process. */
export async function readCpuSeconds(pid: number): Promise<number | null> {
  return (await readProcStat(pid))?.ownSeconds ?? null
}

/** The same of a process and all that it started and still has, or that has ended. */
export async function readFamilyCpuSeconds(pid: number): Promise<number | null> {
  const stat = await readProcStat(pid)
  if (stat === null) return null
  let seconds = stat.ownSeconds + stat.endedChildrenSeconds
  for (const child of await readChildren(pid)) seconds += (await readFamilyCpuSeconds(child)) ?? 0
  return seconds
}

/** Processor seconds of all children of this process that have ended, and of theirs. */
export async function readEndedChildrenSeconds(): Promise<number | null> {
  return (await readProcStat(process.pid))?.endedChildrenSeconds ?? null
}

/** Name and parent of a process, if it is one of this machine. */
export async function readProcStat(pid: number): Promise<ProcStat | null> {
  const text = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => null)
  return text === null ? null : parseProcStat(text)
}

/** The command stands in parentheses and may itself hold spaces and parentheses. */
export function parseProcStat(text: string): ProcStat {
  const end = text.lastIndexOf(')')
  const fields = text.slice(end + 2).split(' ')
  const seconds = (index: number) => Number(fields[index]) / TICKS_PER_SECOND
  return {
    command: text.slice(text.indexOf('(') + 1, end),
    parentPid: Number(fields[1]),
    ownSeconds: seconds(11) + seconds(12),
    endedChildrenSeconds: seconds(13) + seconds(14),
  }
}

async function readChildren(pid: number): Promise<number[]> {
  const children: number[] = []
  const tasks = await readdir(`/proc/${pid}/task`).catch(() => [])
  for (const task of tasks) {
    const text = await readFile(`/proc/${pid}/task/${task}/children`, 'utf8').catch(() => '')
    children.push(...text.split(' ').filter(Boolean).map(Number))
  }
  return children
}
