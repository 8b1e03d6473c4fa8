import type { AlertState } from '../monitoring/prometheus-api.js'
import { formatBriefing, formatQuestions } from './briefing.js'
import type { Drill } from './drill.js'
import { readFlow } from './flow.js'
import { formatAccount, hasEverythingArrived, readAccount } from './reconcile-stack.js'
import { openStack, type Stack, startLoad } from './stack.js'
import { type AlertWatch, startAlertWatch } from './watch.js'

/** How long the load may take to arrive at first, and everything to arrive once the fault is over. */
const flowSeconds = 120
const arriveSeconds = 300

export interface DrillOptions {
  readonly print: (line: string) => void
  /** Keeps the fault up until somebody presses Enter. */
  readonly pause: boolean
  /** Ends the drill early: the fault is taken back all the same. */
  readonly signal: AbortSignal
}

/**
 * Runs a drill on the stack that is up: load, fault, alert, questions, recovery, reconciliation. Returns whether its
 * alert fired in time and went away, nothing else went wrong, and every line is accounted for.
 */
export async function runDrill(drill: Drill, { print, pause, signal }: DrillOptions): Promise<boolean> {
  let beganMs: number | undefined
  // Times count from the fault.
  const tell = (line: string) =>
    print(`${beganMs === undefined ? '' : formatElapsed(performance.now() - beganMs)}`.padEnd(8) + line)
  const stack = await openStack((command) => tell(`$ ${command}`))
  print(formatBriefing(drill))
  const failures: string[] = []

  await startLoad(stack)
  const watch = await startAlertWatch(stack.prometheus, tell, signal)
  if (watch.before.size > 0) tell(`alerts before anything is done: ${formatAlerts(watch.before)}`)
  await leaveEarlierAlert(drill, watch, tell)
  tell('waiting until lines arrive …')
  if (!(await watch.until(() => areLinesArriving(stack), flowSeconds))) {
    throw new Error(
      'no line arrives; see `docker compose ps` and `docker compose logs reader parser indexer`',
    )
  }

  beganMs = performance.now()
  try {
    tell('THE FAULT')
    await drill.cause(stack)
    failures.push(...(await holdFault(drill, watch)))
    print(formatQuestions(drill))
    if (pause) {
      print('Enter: the recovery.\n')
      await holdUntilEnter(watch)
    }
  } finally {
    tell('THE RECOVERY')
    await drill.recover(stack)
  }
  failures.push(...(await judge(drill, watch, stack, tell)))
  if (watch.now().size > 0) tell(`alerts at the end: ${formatAlerts(watch.now())}`)
  for (const failure of failures) tell(`FAILED: ${failure}`)
  return failures.length === 0
}

/** When an alert fires is to be seen: one that is left of an earlier drill has to go first, if that can be waited for. */
async function leaveEarlierAlert(
  { alert }: Drill,
  watch: AlertWatch,
  tell: (line: string) => void,
): Promise<void> {
  if (alert === undefined || !watch.now().has(alert.name)) return
  if (alert.clearsWithinSeconds === undefined) {
    return tell(`${alert.name} fires from an earlier time on; when it would fire is not to be seen`)
  }
  tell(`waiting until ${alert.name} is gone …`)
  const isGone = () => !watch.now().has(alert.name)
  if (!(await watch.until(isGone, alert.clearsWithinSeconds))) {
    throw new Error(`${alert.name} fires before anything is done; its runbook says what to do`)
  }
}

async function areLinesArriving({ prometheus }: Stack): Promise<boolean> {
  const { read = 0, committed = 0 } = await readFlow(prometheus)
  return read > 0 && committed > 0
}

/** Waits for the alert, and at least as long as the drill asks for. */
async function holdFault({ alert, holdSeconds }: Drill, watch: AlertWatch): Promise<string[]> {
  const untilMs = performance.now() + holdSeconds * 1000
  const isLongEnough = () => performance.now() >= untilMs
  if (alert === undefined) {
    await watch.until(isLongEnough, holdSeconds)
    return []
  }
  const hasFired = await watch.until(
    () => isLongEnough() && watch.now().get(alert.name) === 'firing',
    alert.firesWithinSeconds,
  )
  return hasFired ? [] : [`${alert.name} does not fire within ${alert.firesWithinSeconds} s`]
}

async function judge(
  { alert }: Drill,
  watch: AlertWatch,
  stack: Stack,
  tell: (line: string) => void,
): Promise<string[]> {
  const failures: string[] = []
  if (alert?.clearsWithinSeconds !== undefined) {
    const isGone = await watch.until(
      () => watch.now().get(alert.name) !== 'firing',
      alert.clearsWithinSeconds,
    )
    if (!isGone) failures.push(`${alert.name} still fires after ${alert.clearsWithinSeconds} s`)
  }
  await stack.compose(['stop', 'generator'])
  tell('waiting until everything has arrived …')
  if (!(await watch.until(() => hasEverythingArrived(stack), arriveSeconds))) {
    failures.push(`not everything has arrived after ${arriveSeconds} s`)
  }
  const account = await readAccount(stack)
  tell(`sluice reconcile: ${formatAccount(account)}`)
  if (!account.balanced) failures.push('lines are missing, or there twice: see `sluice reconcile`')
  // What was pending before is of an earlier hour.
  const unexpected = [...watch.fired].filter((name) => !watch.before.has(name))
  if (alert === undefined && unexpected.length > 0) failures.push(`it fires: ${unexpected.join(', ')}`)
  return failures
}

function formatAlerts(alerts: ReadonlyMap<string, AlertState>): string {
  return [...alerts].map(([name, state]) => `${name} (${state})`).join(', ')
}

/** Goes on telling what happens meanwhile. An input that ends counts as Enter: nobody is there to press it. */
async function holdUntilEnter(watch: AlertWatch): Promise<void> {
  let isPressed = false
  const press = () => {
    isPressed = true
  }
  process.stdin.once('data', press).once('end', press)
  try {
    await watch.until(() => isPressed, Number.POSITIVE_INFINITY)
  } finally {
    process.stdin.pause()
  }
}

/** `+1:05`. */
function formatElapsed(ms: number): string {
  const seconds = Math.floor(ms / 1000)
  return `+${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, '0')}`
}
