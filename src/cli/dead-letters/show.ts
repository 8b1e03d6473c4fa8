import { Command } from 'commander'
import { withPool, withRedis } from '../../app/connections.js'
import { requireSchema } from '../../app/schema.js'
import { type DeadLetter, describeGroup, selectDeadLetter } from '../../dead-letters/select-dead-letters.js'
import { type EntryId, parseEntryId } from '../../dead-letters/select-entries.js'
import { escapeControls } from '../../errors/safe-text.js'
import { SluiceError } from '../../errors/sluice-error.js'
import { loadSettings } from '../../settings/load-settings.js'
import { readDeadEntry } from '../../streams/dead-entries.js'
import { typeKeys } from '../../streams/keys.js'
import type { CommandContext } from '../command-context.js'
import { formatCount, print, printJson } from '../output.js'
import { escapeLine } from './escape-line.js'
import { toJson } from './list.js'
import { readIds } from './selection-options.js'
import { describeEntry, printEntry } from './show-entry.js'

export function showCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('show')
    .description(
      'Show one dead letter, or one entry that could not be opened, with its bytes, safely escaped.',
    )
    .argument('<id>', 'as list shows it: a number, or TYPE/ID of an entry')
    .option('--json', 'print as one JSON object, bytes in base64')
    .addHelpText(
      'after',
      '\nExamples:\n  sluice dead-letters show 42\n  sluice dead-letters show firewall/1700000000000-0',
    )
    .action(async (id: string, options: { json?: boolean }) => {
      const settings = loadSettings({ file: context.configFile })
      const entryId = parseEntryId(id)
      if (entryId === undefined) {
        const letter = await withPool(settings, async (pool) => {
          await requireSchema(pool, [])
          return selectDeadLetter(pool, readIds([id]).lineIds[0]!)
        })
        if (letter === undefined) throw notThere(id)
        if (options.json) printJson(toJson(letter))
        else printLetter(letter)
      } else await showEntry(entryId, options.json === true)
      finish(0)

      async function showEntry(id: EntryId, json: boolean): Promise<void> {
        const keys = typeKeys(settings.redis.keyPrefix, id.logType)
        const entry = await withRedis(settings, (redis) => readDeadEntry(redis, keys, id.id))
        if (entry === undefined) throw notThere(`${id.logType}/${id.id}`)
        const described = await withPool(settings, async (pool) => {
          await requireSchema(pool, [])
          return describeEntry(pool, entry)
        })
        if (json) printJson(described)
        else printEntry(entry, described)
      }
    })
}

function notThere(id: string): SluiceError {
  return new SluiceError('SLUICE_USAGE', `there is no dead letter ${id}`, {
    expected: 'an id that `sluice dead-letters list` shows',
    hint: 'It may have been replayed meanwhile: then it is a row.',
  })
}

function printLetter(letter: DeadLetter): void {
  const { group, signature } = describeGroup(letter)
  const { replays, replayedAt, droppedAt, droppedBecause } = letter
  print(`id         ${letter.id}`)
  print(`log type   ${letter.logType} (parser version ${letter.parserVersion})`)
  print(`reason     ${letter.reason}${letter.detail === null ? '' : `: ${escapeControls(letter.detail)}`}`)
  print(`group      ${group}: ${signature}`)
  print(`source     ${escapeControls(letter.path)}, byte ${letter.lineOffset}, ${letter.lineBytes} bytes`)
  print(`set aside  ${letter.createdAt.toISOString()}`)
  if (replayedAt !== null) {
    print(`replayed   ${formatCount(replays)} times in vain, the last ${replayedAt.toISOString()}`)
  }
  if (droppedAt !== null) {
    print(`dropped    ${droppedAt.toISOString()}: ${escapeControls(droppedBecause ?? '')}`)
  }
  print('')
  print(escapeLine(letter.raw))
  if (letter.raw.length < letter.lineBytes)
    print(`… ${letter.lineBytes - letter.raw.length} more bytes in the file`)
}
