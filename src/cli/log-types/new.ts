import { existsSync } from 'node:fs'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { Command } from 'commander'
import { readSampleLines } from '../../app/read-sample-lines.js'
import { escapeControls } from '../../errors/safe-text.js'
import { SluiceError } from '../../errors/sluice-error.js'
import { IDENTIFIER } from '../../log-types/declaration/schema-rules.js'
import { type Draft, draftDeclaration } from '../../log-types/draft/draft-declaration.js'
import { loadLogTypesFrom } from '../../log-types/registry.js'
import { samplesDirectory } from '../../log-types/samples/load-samples.js'
import { loadSettings } from '../../settings/load-settings.js'
import type { CommandContext } from '../command-context.js'
import { escapeLine } from '../dead-letters/escape-line.js'
import { formatCount, print } from '../output.js'

/** What a draft is made from: enough to see what differs from line to line. */
const sampleBounds = { lines: 2000, bytes: 4 * 1024 * 1024, maxLineBytes: 65_536 }

export function newCommand(context: CommandContext, finish: (code: number) => void): Command {
  return new Command('new')
    .description('Draft a declaration from sample lines, for you to go on with.')
    .argument('<name>', 'name of the log type: lower-case letters, digits and _')
    .requiredOption('--from <file>', 'file with lines of this type, and of no other; gzip too')
    .option('--out <directory>', 'write NAME.yaml and samples/NAME.yaml there, instead of printing the first')
    .addHelpText(
      'after',
      `
Example:
  sluice log-types new vpn --from vpn.log --out my-types

The draft is valid; its comments say what to look at. It looks at the first
2,000 lines. Those without a time where the others have it, such as banners, are
left out, if they are not the greater part; the first that the draft does not
take are shown.`,
    )
    .action(async (name: string, options: { from: string; out?: string }) => {
      if (!IDENTIFIER.test(name)) {
        throw new SluiceError('SLUICE_USAGE', 'the name cannot be that of a log type', {
          expected: 'lower-case letters, digits and _, not beginning with a digit, at most 63',
          got: name,
        })
      }
      const { logTypes } = loadSettings({ file: context.configFile })
      const { registry } = await loadLogTypesFrom(logTypes, 'all')
      if (registry.byName(name) !== undefined) {
        throw new SluiceError('SLUICE_USAGE', `there is a log type ${name} already`, {
          hint: 'Choose another name; `sluice log-types list` shows those that are taken.',
        })
      }
      const draft = draftDeclaration(name, await readSampleLines(options.from, sampleBounds), registry)
      if (options.out === undefined) {
        process.stdout.write(draft.declaration)
        // The declaration may go into a file.
        process.stderr.write(`${summarise(draft)}\n`)
      } else {
        const files = [
          [join(options.out, `${name}.yaml`), draft.declaration],
          [join(options.out, samplesDirectory, `${name}.yaml`), draft.samples],
        ] as const
        const existing = files.find(([file]) => existsSync(file))
        if (existing !== undefined) {
          throw new SluiceError('SLUICE_USAGE', `${existing[0]} is there already`, {
            hint: 'Remove it, or choose another directory: nothing is overwritten.',
          })
        }
        await mkdir(join(options.out, samplesDirectory), { recursive: true })
        for (const [file, text] of files) {
          await writeFile(file, text, { flag: 'wx' })
          print(`Written: ${file}`)
        }
        print(summarise(draft))
      }
      finish(0)
    })
}

/** Of a line so much is shown: enough to know it. */
const shownLineLength = 200

function summarise({ lines, rows, columns, refused }: Draft): string {
  const left = lines - rows
  const shown = refused.flatMap(({ line, reason }) => {
    const text = escapeLine(line)
    return [
      `  ${text.length > shownLineLength ? `${text.slice(0, shownLineLength)}…` : text}`,
      `    ${escapeControls(reason)}`,
    ]
  })
  const which = left > refused.length ? `, the first ${refused.length} are` : ''
  return [
    `${formatCount(rows)} of ${formatCount(lines)} sample lines become rows of ${columns} columns.`,
    ...(left === 0 ? [] : [`The draft does not take ${formatCount(left)}${which}:`, ...shown]),
  ].join('\n')
}
