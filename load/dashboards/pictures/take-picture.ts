import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import { isExecutable, programDirectories } from '../../services/programs.js'
import type { Picture } from './draw-dashboard.js'

const run = promisify(execFile)
const browsers = ['chromium', 'chromium-browser', 'google-chrome', 'chrome']

/** Has a browser without a window draw the page, and writes what it shows as PNG. */
export async function takePicture({ html, width, height }: Picture, file: string): Promise<void> {
  const browser = findBrowser()
  const directory = await mkdtemp(join(tmpdir(), 'sluice-picture-'))
  try {
    const page = join(directory, 'page.html')
    await writeFile(page, html)
    await run(
      browser,
      [
        '--headless',
        // Nothing of somebody else's is shown, and in a container root has no other way.
        '--no-sandbox',
        '--disable-gpu',
        '--hide-scrollbars',
        `--user-data-dir=${join(directory, 'profile')}`,
        `--window-size=${width},${height}`,
        `--screenshot=${file}`,
        pathToFileURL(page).href,
      ],
      { timeout: 60_000 },
    )
  } finally {
    await rm(directory, { recursive: true, force: true, maxRetries: 5 })
  }
}

function findBrowser(): string {
  const found = programDirectories()
    .flatMap((directory) => browsers.map((name) => join(directory, name)))
    .find(isExecutable)
  if (found !== undefined) return found
  throw new Error(`There is no ${browsers.join(', ')} on PATH. The package chromium of Debian has one.`)
}
