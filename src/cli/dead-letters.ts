import { Command } from 'commander'
import { withPool } from '../app/connections.js'
import { requireSchema } from '../app/schema.js'
import {
  type DeadLetter,
  selectDeadLetter,
  selectDeadLetterGroups,
  selectDeadLetters,
} from '../dead-letters/select-dead-letters.js'
import { escapeControls } from '../errors/safe-text.js'
import { SluiceError } from '../errors/sluice-error.js'
import { loadSettings } from '../settings/load-settings.js'
import type { CommandContext } from './command-context.js'
import { formatTable, print, printJson } from './output.js'
import { positiveInteger } from './positive-integer.js'

interface ListOptions {
  type?: string
  reason?: string
  limit: number
  json?: boolean
}

/** Of each line so much is shown in a list. */
const listedRawBytes = 200

export function deadLettersCommand(context: CommandContext, finish: (code: number) => void): Command {
  const list = new Command('list')
    .description('Count dead letters by type and reason; with --type or --reason, show the newest of them.')
    .option('--type <type>', "only this log type ('unclassified': lines that no type claims)")
    .option('--reason <reason>', 'only this reason')
    .option('--limit <n>', 'how many lines to show', positiveInteger, 20)
    .option('--json', 'print as one JSON object')
    .action(async (options: ListOptions) => {
      const settings = loadSettings({ file: context.configFile })
      await withPool(settings, async (pool) => {
        await requireSchema(pool, [])
        const groups = await selectDeadLetterGroups(pool)
        const isFiltered = options.type !== undefined || options.reason !== undefined
        const filter = { logType: options.type, reason: options.reason }
        const letters = isFiltered ? await selectDeadLetters(pool, filter, options.limit, listedRawBytes) : []
        if (options.json) printJson({ groups, deadLetters: letters.map(toJson) })
        else if (isFiltered) printLetters(letters)
        else if (groups.length === 0) print('No dead letters.')
        else {
          const rows = groups.map((group) => [
            group.logType,
            group.reason,
            group.lines,
            group.lastAt,
            // As `show` takes it, without separators.
            String(group.sampleId),
          ])
          print(formatTable(['log type', 'reason', 'lines', 'last', 'sample'], rows))
        }
      })
      finish(0)
    })
  const show = new Command('show')
    .description('Show one dead letter with its bytes, safely escaped.')
    .argument('<id>', 'as list shows it', positiveInteger)
    .option('--json', 'print as one JSON object, the raw bytes in base64')
    .action(async (id: number, options: { json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const letter = await withPool(settings, async (pool) => {
        await requireSchema(pool, [])
        return selectDeadLetter(pool, id)
      })
      if (letter === undefined) {
        throw new SluiceError('SLUICE_USAGE', `there is no dead letter ${id}`, {
          expected: 'an id that `sluice dead-letters list` shows',
        })
      }
      if (options.json) printJson(toJson(letter))
      else printLetter(letter)
      finish(0)
    })
  return new Command('dead-letters')
    .description('Look at the lines that no row could be made of.')
    .addCommand(list)
    .addCommand(show)
    .addHelpText(
      'after',
      `
Examples:
  sluice dead-letters list
  sluice dead-letters list --type firewall --reason bad_address
  sluice dead-letters show 42`,
    )
}

function toJson({ raw, ...rest }: DeadLetter): Record<string, unknown> {
  return { ...rest, rawBase64: raw.toString('base64') }
}

function printLetters(letters: readonly DeadLetter[]): void {
  if (letters.length === 0) {
    print('No such dead letters.')
    return
  }
  const rows = letters.map((letter) => [
    String(letter.id),
    letter.logType,
    letter.reason,
    letter.detail ?? '',
    letter.raw.toString('utf8'),
  ])
  print(formatTable(['id', 'log type', 'reason', 'detail', 'line'], rows))
}

function printLetter(letter: DeadLetter): void {
  print(`id         ${letter.id}`)
  print(`log type   ${letter.logType} (parser version ${letter.parserVersion})`)
  print(`reason     ${letter.reason}${letter.detail === null ? '' : `: ${escapeControls(letter.detail)}`}`)
  print(`source     ${escapeControls(letter.path)}, byte ${letter.lineOffset}, ${letter.lineBytes} bytes`)
  print(`set aside  ${letter.createdAt}`)
  print('')
  // Bytes that are not UTF-8 show as \xNN, so that nothing is hidden behind replacement characters.
  const text = letter.raw.toString('utf8')
  const shown = text.includes('\ufffd') ? escapeBytes(letter.raw) : escapeControls(text)
  print(shown)
  if (letter.raw.length < letter.lineBytes)
    print(`… ${letter.lineBytes - letter.raw.length} more bytes in the file`)
}

function escapeBytes(bytes: Buffer): string {
  let text = ''
  for (const byte of bytes) {
    text +=
      byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return text
}
