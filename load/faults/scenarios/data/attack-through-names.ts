import { deepEqual, doesNotMatch, equal, match } from 'node:assert/strict'
import { drawFirewallEvent, expectFirewallRow, renderFirewallLine } from '../../../generate/firewall.js'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents, knownDeadLetter, knownRow } from './known-lines.js'

const clearScreen = '\u001b[2J\u001b[H'
const setTitle = '\u001b]0;owned\u0007'
const c1 = '\u009b31m'
const rightToLeft = '\u202egnp.exe'
const label = 'mark-of-the-attacker'

export const attackThroughNames: Scenario = {
  name: 'attack-through-names',
  faults: [],
  title:
    'Log lines and the names of log files hold terminal escapes, line breaks, quotes, path steps and marks that would show up wherever they are copied to.',
  observe:
    '`sluice dead-letters list`, `sluice dead-letters show` and `sluice reconcile` print the bytes as \\x1b. No series at /metrics has the mark, and log_type has no value that is not declared.',
  discuss:
    'An attacker chooses user names, host names and sometimes file names. Where do such texts go in your systems: terminals, labels of metrics, paths, SQL?',
  recovery:
    'Text from data is escaped where it is shown to a terminal. Labels of metrics have values from closed sets. Paths and keys are made of declared names only. Values go to PostgreSQL as binary COPY and never become part of a statement.',
  async run(trial) {
    const draw = () => drawFirewallEvent(trial.random, '2024-01-15T10:23:45.123Z')
    const hostile = [
      clearScreen,
      setTitle,
      c1,
      rightToLeft,
      '../../../tmp/owned',
      "'); DROP TABLE firewall_logs; --",
      label,
    ]
    const rows = hostile.map((text) => {
      const event = { ...draw(), rule: text, action: text }
      return knownRow(renderFirewallLine(event), expectFirewallRow(event))
    })
    const refused = hostile.map((text) =>
      knownDeadLetter(renderFirewallLine({ ...draw(), src: text }), 'firewall', 'bad_address'),
    )
    const unclassified = hostile.map((text) => knownDeadLetter(`${text} ${label}`, 'unclassified', 'no_type'))
    const lines = [...drawLines(trial.seed, 200), ...rows, ...refused, ...unclassified]
    const roles = await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    const name = `${clearScreen}\n"${label}".log`
    await trial.writeLog(name, contentOf(lines))
    return expectContents(trial, [{ name, lines }], async () => {
      const metrics = (await Promise.all(roles.map(({ httpUrl }) => readText(`${httpUrl}/metrics`)))).join('')
      doesNotMatch(metrics, new RegExp(label))
      const logTypes = new Set([...metrics.matchAll(/log_type="([^"]*)"/g)].map(([, logType]) => logType))
      deepEqual([...logTypes].sort(), ['auth', 'dns', 'firewall', 'unclassified'])
      const [one] = await trial.query<{ id: string }>(
        `SELECT dead_letter_id::text AS id FROM sluice.dead_letters WHERE raw = $1`,
        [unclassified[0]!.line],
      )
      const shown = []
      for (const args of [
        ['dead-letters', 'list', '--type', 'firewall'],
        ['dead-letters', 'list', '--type', 'unclassified'],
        ['dead-letters', 'show', one!.id],
        ['reconcile'],
        ['status'],
      ]) {
        const exit = await trial.sluice(args)
        equal(exit.code, 0, exit.stderr)
        shown.push(exit.stdout + exit.stderr)
      }
      // Whatever moves a cursor, starts a sequence or turns text around.
      // biome-ignore lint/suspicious/noControlCharactersInRegex: they are what must not be there
      doesNotMatch(shown.join(''), /[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e]/)
      match(shown[2]!, /\\x1b\[2J/)
      for (const role of roles) equal(role.stderrLines().join('').includes('\u001b'), false)
    })
  },
}

async function readText(url: string): Promise<string> {
  return (await fetch(url)).text()
}
