import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findPrometheusBinary, unpackedPrometheus } from './prometheus-binary.js'

/** No promtool, and no way to get one: the message says what to do. */
export class NoPrometheusError extends Error {
  readonly code = 'SLUICE_NO_PROMETHEUS'
}

/**
 * Makes promtool and prometheus available to the tests if they are not on PATH. Debian's package is unpacked in the
 * checkout and not installed: installed, it would run a server on port 9090 from now on.
 */
export async function ensurePrometheus(say: (line: string) => void): Promise<void> {
  if (findPrometheusBinary('promtool') && findPrometheusBinary('prometheus')) return
  if (exists('apt-get') && exists('dpkg-deb')) unpackWithApt(say)
  else if (exists('brew')) {
    say('installing Prometheus (brew install prometheus) …')
    run(['brew', 'install', 'prometheus'])
  }
  if (findPrometheusBinary('promtool')) return
  throw new NoPrometheusError(
    'The tests of alerts need promtool, which belongs to Prometheus: please put it on PATH and run this again.',
  )
}

function unpackWithApt(say: (line: string) => void): void {
  say('unpacking Prometheus (apt-get download prometheus) …')
  mkdirSync(dirname(unpackedPrometheus), { recursive: true })
  const directory = mkdtempSync(`${unpackedPrometheus}-`)
  try {
    // A machine that was just made has no lists of packages yet.
    if (!download(directory)) {
      run([...asRoot(), 'apt-get', '-q', '-y', 'update'])
      if (!download(directory)) return
    }
    const archive = readdirSync(directory).find((file) => file.endsWith('.deb'))
    const unpacked = join(directory, 'unpacked')
    if (archive === undefined || !run(['dpkg-deb', '-x', join(directory, archive), unpacked])) return
    // In one step: what is interrupted leaves nothing that looks whole.
    rmSync(unpackedPrometheus, { recursive: true, force: true })
    renameSync(unpacked, unpackedPrometheus)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function download(into: string): boolean {
  return run(['apt-get', '-q', 'download', 'prometheus'], into)
}

function asRoot(): string[] {
  return process.getuid?.() === 0 ? [] : ['sudo', '-n']
}

function exists(command: string): boolean {
  return spawnSync('/bin/sh', ['-c', `command -v ${command}`], { stdio: 'ignore' }).status === 0
}

function run([command = '', ...args]: string[], cwd?: string): boolean {
  return (
    spawnSync(command, args, { stdio: ['ignore', 2, 2], ...(cwd === undefined ? {} : { cwd }) }).status === 0
  )
}
