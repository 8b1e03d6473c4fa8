import { join } from 'node:path'
import { findPackageRoot } from '../../src/settings/package-root.js'
import { isExecutable, programDirectories } from '../services/programs.js'

/** Where `node load/set-up.mjs tests` unpacks them. */
export const unpackedPrometheus = join(findPackageRoot(), '.sluice', 'prometheus')

/** What a program is called: by Debian, and by whoever built it. */
const fileNames = {
  prometheus: ['prometheus'],
  promtool: ['promtool'],
  'redis-exporter': ['prometheus-redis-exporter', 'redis_exporter'],
  'postgres-exporter': ['prometheus-postgres-exporter', 'postgres_exporter'],
  'node-exporter': ['prometheus-node-exporter', 'node_exporter'],
} as const

export type PrometheusProgram = keyof typeof fileNames

/** Its path: on PATH, else unpacked in the checkout; undefined without either. */
export function findPrometheusBinary(program: PrometheusProgram, path?: string): string | undefined {
  const directories = [...programDirectories(path), join(unpackedPrometheus, 'usr', 'bin')]
  return directories
    .flatMap((directory) => fileNames[program].map((name) => join(directory, name)))
    .find(isExecutable)
}

/** @throws Error saying what to do when the program is not there. */
export function requirePrometheusBinary(program: PrometheusProgram): string {
  const found = findPrometheusBinary(program)
  if (found !== undefined) return found
  throw new Error(
    `There is no ${fileNames[program].join(' or ')} on PATH, nor in ${unpackedPrometheus}. Run ` +
      `"node load/set-up.mjs tests", or install the package ${fileNames[program][0]} of Debian or Ubuntu, or what ` +
      'Homebrew has of it.',
  )
}
