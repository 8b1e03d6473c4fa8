import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'

const CHECKOUT = fileURLToPath(new URL('../../', import.meta.url))
const CONFIGURATION = join(CHECKOUT, '.dependency-cruiser.cjs')
const CRUISER = join(CHECKOUT, 'node_modules', 'dependency-cruiser', 'bin', 'dependency-cruise.mjs')

/** One import that each rule forbids: [rule, file, what it imports]. */
const BREACHES = [
  ['no-cycles', 'src/ledger/a.ts', 'src/ledger/a.ts'],
  ['resolvable', 'src/ledger/c.ts', 'src/ledger/missing.ts'],
  ['reader-knows-no-other-stage', 'src/reader/a.ts', 'src/parser/b.ts'],
  ['parser-knows-no-other-stage', 'src/parser/a.ts', 'src/indexer/b.ts'],
  ['indexer-knows-no-other-stage', 'src/indexer/a.ts', 'src/reader/b.ts'],
  ['foundations-know-no-stage', 'src/streams/a.ts', 'src/parser/b.ts'],
  ['foundations-know-no-stage', 'src/some-new-folder/a.ts', 'src/app/b.ts'],
  ['stages-know-no-composition', 'src/indexer/c.ts', 'src/app/b.ts'],
  ['only-app-knows-stages', 'src/cli/a.ts', 'src/reader/b.ts'],
  ['only-main-knows-cli', 'src/app/a.ts', 'src/cli/b.ts'],
  ['nobody-imports-main', 'src/cli/c.ts', 'src/main.ts'],
  ['src-knows-no-load', 'src/http/a.ts', 'load/demo/b.ts'],
  ['oracle-knows-no-service', 'load/verify/a.ts', 'src/log-types/b.ts'],
  ['src-ships-without-dev-dependencies', 'src/http/c.ts', 'vitest'],
  ['no-undeclared-dependencies', 'src/http/d.ts', 'acorn'],
  ['no-orphans', 'src/http/orphan.ts', ''],
] as const

const run = promisify(execFile)

interface Violation {
  rule: { name: string; severity: string }
  from: string
}

test('every rule of the layering breaks the check when an import breaks the rule', {
  timeout: 60_000,
}, async () => {
  await mkdir(join(CHECKOUT, '.sluice'), { recursive: true })
  const directory = await mkdtemp(join(CHECKOUT, '.sluice', 'layering-test-'))
  try {
    await writeBreaches(directory)
    const found = await findViolations(directory)
    expect(found).toEqual(BREACHES.map(([rule, file]) => `${rule}: ${file}`).sort())
    expect(new Set(BREACHES.map(([rule]) => rule))).toEqual(new Set(configuredRules()))
  } finally {
    await rm(directory, { recursive: true, force: true })
  }
})

async function writeBreaches(directory: string): Promise<void> {
  const sources = new Map<string, string>()
  for (const [, file, target] of BREACHES) {
    const isFile = target.includes('/') || target.startsWith('src')
    const specifier = isFile ? `./${relative(dirname(file), target)}`.replace(/\.ts$/, '.js') : target
    sources.set(file, target === '' ? 'export {}\n' : `import '${specifier}'\n`)
    if (isFile && !target.includes('missing') && !sources.has(target)) sources.set(target, 'export {}\n')
  }
  for (const [file, text] of sources) {
    await mkdir(dirname(join(directory, file)), { recursive: true })
    await writeFile(join(directory, file), text)
  }
  await writeFile(join(directory, 'package.json'), '{"type":"module","devDependencies":{"vitest":"*"}}')
  await writeFile(join(directory, 'tsconfig.json'), '{"compilerOptions":{"module":"NodeNext"}}')
}

async function findViolations(directory: string): Promise<string[]> {
  const args = [CRUISER, '--config', CONFIGURATION, '--output-type', 'json', 'src', 'load']
  const { stdout } = await run(process.execPath, args, { cwd: directory, maxBuffer: 2 ** 26 })
  const report: { summary: { violations: Violation[] } } = JSON.parse(stdout)
  return (
    report.summary.violations
      // Only errors fail `npm run check`.
      .filter(({ rule }) => rule.severity === 'error')
      .map(({ rule, from }) => `${rule.name}: ${from}`)
      .sort()
  )
}

function configuredRules(): string[] {
  const configuration: { forbidden: { name: string }[] } = createRequire(import.meta.url)(CONFIGURATION)
  return configuration.forbidden.map((rule) => rule.name)
}
