import { z } from 'zod'
import { readFlowValue } from './flow.js'
import type { Stack } from './stack.js'

const account = z.object({
  balanced: z.boolean(),
  lines: z.number(),
  indexed: z.number(),
  deadLettered: z.number(),
  inFlight: z.number(),
})
export type Account = z.infer<typeof account>

/** The proof of `sluice reconcile`, whatever it says. Throws when it cannot be made. */
export async function readAccount(stack: Stack): Promise<Account> {
  const args = ['exec', '-T', 'reader', 'sluice', 'reconcile', '--json']
  // Its exit status says what `balanced` says.
  const output = await stack.ask(args).catch((error: { stdout?: string }) => {
    if (!error.stdout) throw error
    return error.stdout
  })
  return account.parse(JSON.parse(output))
}

/** Whether all that was written has arrived. To be asked when nothing is written any more. */
export async function hasEverythingArrived(stack: Stack): Promise<boolean> {
  const unreadBytes = await readFlowValue(stack.prometheus, 'unreadBytes')
  if (unreadBytes !== 0) return false
  // It may not be there yet; whoever waits has a deadline.
  const inFlight = await readAccount(stack).then(
    (found) => found.inFlight,
    () => undefined,
  )
  return inFlight === 0
}

export function formatAccount({ balanced, lines, indexed, deadLettered, inFlight }: Account): string {
  const count = (value: number) => value.toLocaleString('en')
  const way = inFlight === 0 ? '' : ` + ${count(inFlight)} on their way`
  const sum = `${count(lines)} lines = ${count(indexed)} rows + ${count(deadLettered)} dead letters${way}`
  return balanced ? `Balanced: ${sum}.` : `NOT balanced: ${sum.replace('=', '≠')}.`
}
