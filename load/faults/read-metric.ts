import type { RoleProcess } from '../installation/installation.js'
import { pollUntil } from '../test/poll-until.js'

type Role = Pick<RoleProcess, 'httpUrl'>

/** A process that is stopped takes the connection and never answers. */
const answerMs = 10_000

/** The value of a metric in one process: the sum of its series with these labels. Throws when there is none. */
export async function readMetric(
  { httpUrl }: Role,
  name: string,
  labels: Readonly<Record<string, string>> = {},
): Promise<number> {
  const text = await (await fetch(`${httpUrl}/metrics`, { signal: AbortSignal.timeout(answerMs) })).text()
  const wanted = Object.entries(labels).map(([label, value]) => `${label}="${value}"`)
  const values = text
    .split('\n')
    .filter((line) => line.startsWith(`${name}{`) || line.startsWith(`${name} `))
    .filter((line) => wanted.every((label) => line.includes(label)))
    .map((line) => Number(line.slice(line.lastIndexOf(' ') + 1)))
  if (values.length === 0) throw new Error(`${httpUrl}/metrics has no ${name} with ${wanted.join(', ')}`)
  return values.reduce((sum, value) => sum + value, 0)
}

/** Waits until the metric is above 0 in that process, and returns it. */
export function waitForMetric(
  role: Role,
  name: string,
  labels?: Readonly<Record<string, string>>,
): Promise<number> {
  return pollUntil(`${name} ${JSON.stringify(labels ?? {})} rises`, () => readMetric(role, name, labels), {
    timeoutMs: 30_000,
  })
}
