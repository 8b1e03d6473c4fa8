import { z } from 'zod'

const answerMs = 10_000

const queryAnswer = z.object({
  data: z.object({ result: z.array(z.object({ value: z.tuple([z.number(), z.string()]) })) }),
})
const alertsAnswer = z.object({
  data: z.object({
    alerts: z.array(z.object({ labels: z.record(z.string(), z.string()), state: z.string() })),
  }),
})

/** The value of an expression that has one, or undefined where there is no data. */
export async function queryValue(prometheusUrl: string, expression: string): Promise<number | undefined> {
  const query = new URLSearchParams({ query: expression })
  const { data } = queryAnswer.parse(await get(`${prometheusUrl}/api/v1/query?${query}`))
  const [first] = data.result
  return first === undefined ? undefined : Number(first.value[1])
}

export type AlertState = 'pending' | 'firing'

/** The alerts that are pending or fire, by name. One that fires for one of its targets fires. */
export async function readAlerts(prometheusUrl: string): Promise<Map<string, AlertState>> {
  const { data } = alertsAnswer.parse(await get(`${prometheusUrl}/api/v1/alerts`))
  const states = new Map<string, AlertState>()
  for (const { labels, state } of data.alerts) {
    const name = labels.alertname ?? ''
    if (state === 'firing' || !states.has(name)) states.set(name, state === 'firing' ? 'firing' : 'pending')
  }
  return states
}

async function get(url: string): Promise<unknown> {
  const answer = await fetch(url, { signal: AbortSignal.timeout(answerMs) })
  if (!answer.ok) throw new Error(`${url} answers ${answer.status}: ${await answer.text()}`)
  return answer.json()
}
