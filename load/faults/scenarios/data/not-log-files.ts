import { execFile } from 'node:child_process'
import { chmod, mkdir, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { Scenario } from '../../scenario.js'
import { contentOf, drawLines, expectContents } from './known-lines.js'

/** Root may read everything; without these capabilities it is like everybody else. */
const held = '-dac_override,-dac_read_search'
const isRoot = process.platform === 'linux' && process.getuid?.() === 0

export const notLogFiles: Scenario = {
  name: 'data-not-log-files',
  faults: [57],
  title:
    'Below the followed directory are links out of it and in circles, a link to nowhere, a named pipe, and a file that may not be read.',
  observe:
    '`sluice_reader_sources_unreadable_total` rises with every search of the paths, and the log of the reader names each path and the reason, now and then. Lines come in from all other files.',
  discuss:
    'Whoever may create files in a log directory can put a link there, to a private key or to /dev/zero. What does a collector that runs as root do with it?',
  recovery:
    'Below a directory only regular files are read, and links only to such within it. What is opened is looked at once more, and opened so that a pipe cannot block. A file that may not be read is tried again at every search, and read once it may be.',
  ...(isRoot && { launcher: ['setpriv', `--bounding-set=${held}`, `--inh-caps=${held}`] }),
  async run(trial) {
    const lines = drawLines(trial.seed, 1200)
    const part = (from: number, to: number) => lines.slice(from, to)
    const inside = (name: string) => join(trial.logs, name)
    const outside = `${trial.logs}-outside`
    await mkdir(outside)
    await mkdir(inside('below'), { recursive: true })
    await writeFile(join(outside, 'secret.log'), contentOf(part(0, 100)))
    await symlink(join(outside, 'secret.log'), inside('link-out.log'))
    await symlink('../../../../../../../../etc/passwd', inside('below/passwd.log'))
    await symlink(outside, inside('link-out'))
    await symlink('..', inside('below/loop'))
    await symlink('itself.log', inside('itself.log'))
    await symlink('/dev/zero', inside('zero.log'))
    await symlink('gone.log', inside('nowhere.log'))
    await promisify(execFile)('mkfifo', [inside('pipe.log')])
    const unreadable = await trial.writeLog('unreadable.log', contentOf(part(100, 300)))
    await chmod(unreadable, 0)
    await trial.writeLog('a.log', contentOf(part(300, 800)))
    await symlink('../a.log', inside('below/link-in.log'))

    const [reader] = await trial.startRoles({ reader: 1, parser: 1, indexer: 1 })
    const left = [
      'link-out.log',
      'passwd.log',
      'link-out',
      'loop',
      'itself.log',
      'zero.log',
      'nowhere.log',
      'pipe.log',
    ]
    for (const name of [...left, 'unreadable.log']) {
      await reader!.waitForLine(new RegExp(`"path":"[^"]*/${name.replace('.', '\\.')}"`))
    }
    trial.tell('the reader has named all that it does not read')
    await trial.waitForLines(500)
    await chmod(unreadable, 0o644)
    await trial.writeLog('below/b.log', contentOf(part(800, 1200)))
    return expectContents(trial, [
      { name: 'a.log', lines: part(300, 800) },
      { name: 'unreadable.log', lines: part(100, 300) },
      { name: 'b.log', lines: part(800, 1200) },
    ])
  },
}
