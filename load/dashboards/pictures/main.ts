import { mkdir } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError } from 'commander'
import { playEventfulLoad, scrapeSeconds } from '../../monitoring/eventful-load.js'
import { PrometheusApi } from '../../monitoring/prometheus-api.js'
import { readDashboardFiles } from '../dashboard-file.js'
import { askPanels } from './ask-panels.js'
import { drawDashboard } from './draw-dashboard.js'
import { takePicture } from './take-picture.js'

interface Flags {
  readonly out: string
  readonly prometheus?: string
  readonly minutes: number
  readonly to?: number
  readonly scrapeSeconds: number
  readonly width: number
  readonly keepFor: number
}

const tell = (line: string): void => {
  process.stderr.write(`${line}\n`)
}

await new Command('pictures')
  .description(
    'Draws the dashboards of grafana/ with the data of a Prometheus, as Grafana would show them, into PNG files. ' +
      'Without --prometheus it starts everything itself, puts it under load for six minutes and lets things go wrong.',
  )
  .requiredOption('--out <directory>', 'for sluice-overview.png and so on')
  .option('--prometheus <url>', 'such as http://127.0.0.1:9090')
  .option('--minutes <n>', 'with --prometheus: how far back', parseNumber, 60)
  .option('--to <time>', 'with --prometheus: until when, as 2026-01-31T03:12:00Z (default: now)', parseTime)
  .option('--scrape-seconds <n>', 'with --prometheus: how far its scrapes are apart', parseNumber, 10)
  .option('--width <pixels>', 'of each picture', parseNumber, 1500)
  .option('--keep-for <minutes>', 'without --prometheus: leave all running afterwards', parseNumber, 0)
  .action(run)
  .parseAsync()

async function run(flags: Flags): Promise<void> {
  if (flags.prometheus !== undefined) {
    const to = flags.to ?? Math.floor(Date.now() / 1000)
    await draw(flags, flags.prometheus, { from: to - flags.minutes * 60, to }, flags.scrapeSeconds)
    return
  }
  const from = Math.floor(Date.now() / 1000)
  const stack = await playEventfulLoad(tell)
  try {
    await draw(flags, stack.prometheusUrl, { from, to: Math.floor(Date.now() / 1000) }, scrapeSeconds)
    if (flags.keepFor > 0) {
      tell(`${stack.prometheusUrl} stays for ${flags.keepFor} minutes`)
      await new Promise((wake) => setTimeout(wake, flags.keepFor * 60_000))
    }
  } finally {
    await stack.stop()
  }
}

async function draw(
  { out, width }: Flags,
  url: string,
  range: { from: number; to: number },
  scrapes: number,
): Promise<void> {
  const directory = resolve(out)
  await mkdir(directory, { recursive: true })
  const prometheus = new PrometheusApi(url)
  // Two points a pixel say no more than one.
  const stepSeconds = Math.max(scrapes, Math.ceil((range.to - range.from) / 600))
  for (const dashboard of readDashboardFiles()) {
    const answers = await askPanels(prometheus, dashboard, range, { stepSeconds, scrapeSeconds: scrapes })
    const file = join(directory, `${dashboard.uid}.png`)
    await takePicture(drawDashboard(dashboard, answers, range, 2.5 * stepSeconds, width), file)
    tell(file)
  }
}

function parseNumber(text: string): number {
  const number = Number(text)
  if (text.trim() === '' || !(number >= 0 && Number.isFinite(number)))
    throw new InvalidArgumentError('Expected a number of 0 or more.')
  return number
}

function parseTime(text: string): number {
  const ms = Date.parse(text)
  if (Number.isNaN(ms)) throw new InvalidArgumentError('Expected a time such as 2026-01-31T03:12:00Z.')
  return ms / 1000
}
