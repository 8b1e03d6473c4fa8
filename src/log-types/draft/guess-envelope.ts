import { APP, EnvelopeLine } from '../envelopes/envelope-line.js'
import type { EnvelopeKind } from '../envelopes/envelope-schema.js'
import { envelopes } from '../envelopes/read-envelope.js'
import { appendUnescaped } from '../formats/json-string.js'
import { Scratch } from '../line/scratch.js'

export interface GuessedEnvelope {
  readonly kind: EnvelopeKind
  /** Names of the programs, if there are few. */
  readonly apps: readonly string[]
  /** What remains of the lines that have it. */
  readonly messages: readonly string[]
}

const ENOUGH = 0.9
const maxApps = 8

/** What most of these lines are wrapped in; undefined: nothing that is known. */
export function guessEnvelope(lines: readonly Buffer[]): GuessedEnvelope | undefined {
  for (const kind of ['docker', 'cri', 'syslog'] as const) {
    const opened = lines.map((line) => open(kind, line)).filter((one) => one !== undefined)
    if (opened.length < ENOUGH * lines.length || opened.length === 0) continue
    const apps = new Set(opened.flatMap(({ app }) => (app === undefined ? [] : [app])))
    // Any two words behind a time could be a host and a message: a program is what makes it syslog.
    const withApp = opened.filter(({ app }) => app !== undefined)
    if (kind === 'syslog' && withApp.length < ENOUGH * lines.length) continue
    return {
      kind,
      apps: apps.size <= maxApps ? [...apps] : [],
      messages: opened.map(({ message }) => message),
    }
  }
  return undefined
}

function open(kind: EnvelopeKind, line: Buffer): { app: string | undefined; message: string } | undefined {
  const found = new EnvelopeLine()
  if (!envelopes[kind].read(line, 0, line.length, found)) return undefined
  const [appStart, appEnd] = [found.spans[2 * APP]!, found.spans[2 * APP + 1]!]
  const scratch = new Scratch()
  appendUnescaped(scratch, line, found.messageStart, found.messageEnd)
  return {
    app: appStart < 0 ? undefined : line.toString('utf8', appStart, appEnd),
    message: found.isEscaped
      ? scratch.buffer.toString('utf8', 0, scratch.position)
      : line.toString('utf8', found.messageStart, found.messageEnd),
  }
}
