import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readdirSync, renameSync, rmSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { findPrometheusBinary, type PrometheusProgram, unpackedPrometheus } from './prometheus-binary.js'

/** No promtool or no Prometheus, and no way to get them: the message says what to do. */
export class NoPrometheusError extends Error {
  readonly code = 'SLUICE_NO_PROMETHEUS'
}

const needed: readonly PrometheusProgram[] = ['promtool', 'prometheus']

/** Without them, what is asked of their metrics is not checked; the tests say so. */
const exporters: readonly PrometheusProgram[] = ['redis-exporter', 'postgres-exporter', 'node-exporter']

const debianPackages = [
  'prometheus',
  'prometheus-redis-exporter',
  'prometheus-postgres-exporter',
  'prometheus-node-exporter',
]

/**
 * Makes Prometheus, promtool and the exporters available to the tests if they are not on PATH. Debian's packages are
 * unpacked in the checkout and not installed: installed, each would run a server from now on.
 */
export async function ensurePrometheus(say: (line: string) => void): Promise<void> {
  if (exists('apt-get') && exists('dpkg-deb')) {
    if (![...needed, ...exporters].every(isThere)) unpackWithApt(say)
  } else if (exists('brew') && !needed.every(isThere)) {
    say('installing Prometheus (brew install prometheus) …')
    run(['brew', 'install', 'prometheus'])
  }
  if (needed.every(isThere)) return
  throw new NoPrometheusError(
    'The tests of alerts and dashboards need prometheus and promtool: please put them on PATH and run this again.',
  )
}

function isThere(program: PrometheusProgram): boolean {
  return findPrometheusBinary(program) !== undefined
}

function unpackWithApt(say: (line: string) => void): void {
  say(`unpacking Prometheus (apt-get download ${debianPackages.join(' ')}) …`)
  mkdirSync(dirname(unpackedPrometheus), { recursive: true })
  const directory = mkdtempSync(`${unpackedPrometheus}-`)
  try {
    if (!download(debianPackages, directory)) {
      // A machine that was just made has no lists of packages yet. Then one by one: some release may lack an exporter.
      if (!needed.every(isThere)) run([...asRoot(), 'apt-get', '-q', '-y', 'update'])
      for (const name of debianPackages) download([name], directory)
    }
    const unpacked = join(directory, 'unpacked')
    const archives = readdirSync(directory).filter((file) => file.endsWith('.deb'))
    if (!archives.some((archive) => archive.startsWith('prometheus_'))) return
    if (!archives.every((archive) => run(['dpkg-deb', '-x', join(directory, archive), unpacked]))) return
    // In one step: what is interrupted leaves nothing that looks whole.
    rmSync(unpackedPrometheus, { recursive: true, force: true })
    renameSync(unpacked, unpackedPrometheus)
  } finally {
    rmSync(directory, { recursive: true, force: true })
  }
}

function download(packages: readonly string[], into: string): boolean {
  return run(['apt-get', '-q', 'download', ...packages], into)
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
