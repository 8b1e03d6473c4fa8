import { dashboards } from '../dashboards/index.js'
import type { Drill } from './drill.js'

/** What a team gets to read before anything happens: what is done, where to look, which alert. */
export function formatBriefing({ name, title, watch, alert }: Drill): string {
  const looks = watch.map(({ dashboard, panel, see }) => `  ${titleOf(dashboard)} › ${panel}: ${see}`)
  const expected =
    alert === undefined
      ? 'No alert is to fire.'
      : `Alert: ${alert.name}, within ${alert.firesWithinSeconds} seconds.`
  return [`${name}: ${title}`, '', 'Watch in Grafana:', ...looks, '', expected, ''].join('\n')
}

export function formatQuestions({ questions }: Drill): string {
  return ['', 'Questions:', ...questions.map((question, index) => `  ${index + 1}. ${question}`), ''].join(
    '\n',
  )
}

function titleOf(uid: string): string {
  const dashboard = dashboards.find((one) => one.uid === uid)
  if (dashboard === undefined) throw new TypeError(`there is no dashboard ${uid}`)
  return dashboard.title
}
