import type { Role } from '../../../src/app/roles.js'
import type { Exit, SluiceProcess } from '../../installation/sluice-process.js'
import { pollUntil } from '../../test/poll-until.js'
import { nameOfPlace, type Place } from './actions.js'

export interface FleetOptions {
  /** Starts a process of this role; does not wait until it runs. */
  readonly start: (role: Role, env: NodeJS.ProcessEnv) => SluiceProcess
  readonly tell: (what: string) => void
}

/** As a supervisor does it that restarts what ends. */
const restartMs = 500
const lookEveryMs = 100
/** Longer than lifecycle.drainMs, after which a process ends whatever it holds. */
const endWithinMs = 60_000

interface Member {
  readonly place: Place
  readonly started: SluiceProcess
  /** It will die or hang by itself. */
  readonly failpoints: string | undefined
}

/**
 * The processes in their places. What ends without being told to is started again half a second later, as a supervisor
 * would; why it ended is looked at, since a process that nobody kills should not end.
 */
export class Fleet {
  private readonly members = new Map<string, Member>()
  /** Places that have to be filled; what happens to them there is the fleet's business. */
  private readonly wanted = new Set<string>()
  /** Told to drain: replaced, or not wanted any more. */
  private readonly draining = new Set<Member>()
  private readonly watching: NodeJS.Timeout
  /** What no process may do, whatever happens around it. */
  readonly complaints: string[] = []

  constructor(private readonly options: FleetOptions) {
    this.watching = setInterval(() => this.restartEnded(), lookEveryMs)
  }

  start(place: Place, failpoints?: string): SluiceProcess {
    const env = failpoints === undefined ? {} : { SLUICE_LIFECYCLE_FAILPOINTS: failpoints }
    const started = this.options.start(place.role, env)
    this.options.tell(`  ${nameOfPlace(place)} starts as process ${started.process.pid}`)
    this.wanted.add(nameOfPlace(place))
    this.members.set(nameOfPlace(place), { place, started, failpoints })
    return started
  }

  /** Whether it got through its start. */
  isUp(place: Place): boolean {
    return hasStarted(this.members.get(nameOfPlace(place))?.started.stderrLines().join('\n') ?? '')
  }

  /** Ends it as kill -9 does; nobody restarts it. */
  kill(place: Place): void {
    this.take(place)?.started.process.kill('SIGKILL')
  }

  /** Tells it to drain, and does not wait for it; nobody restarts it. */
  terminate(place: Place): void {
    const member = this.take(place)
    if (member === undefined) return
    this.draining.add(member)
    member.started.process.kill('SIGTERM')
  }

  /** SIGSTOP; returns what continues it. */
  stop(place: Place): () => void {
    const child = this.members.get(nameOfPlace(place))?.started.process
    child?.kill('SIGSTOP')
    return () => child?.kill('SIGCONT')
  }

  /** Nobody is left who is going to die by himself, and in each of these places somebody runs or is starting. */
  heal(places: readonly Place[]): void {
    for (const { place, failpoints } of [...this.members.values()]) {
      if (failpoints === undefined) continue
      this.terminate(place)
      this.start(place)
    }
    for (const place of places) {
      if (!this.wanted.has(nameOfPlace(place))) this.start(place)
    }
  }

  /** Ends all in order, and complains about those that do not end so. */
  async end(): Promise<void> {
    const last = [...this.members.values()]
    for (const { place } of last) this.terminate(place)
    this.close()
    await Promise.all([...this.draining].map((member) => this.waitForEnd(member)))
    for (const { place, started } of last) {
      // In an outage a drain may be cut off, but there is none now.
      if (started.exit()?.stderr.includes('"message":"Drained."') !== true) {
        this.complaints.push(
          `${nameOfPlace(place)} (process ${started.process.pid}) did not get its drain done`,
        )
      }
    }
  }

  /** Restarts nobody any more. */
  close(): void {
    this.wanted.clear()
    clearInterval(this.watching)
  }

  private take(place: Place): Member | undefined {
    const name = nameOfPlace(place)
    const member = this.members.get(name)
    this.members.delete(name)
    this.wanted.delete(name)
    return member
  }

  private restartEnded(): void {
    for (const [name, member] of this.members) {
      const exit = member.started.exit()
      if (exit === undefined) continue
      this.members.delete(name)
      this.judgeEnd(member, exit, 'ended by itself')
      setTimeout(() => {
        if (this.wanted.has(name) && !this.members.has(name)) this.start(member.place)
      }, restartMs)
    }
  }

  private async waitForEnd(member: Member): Promise<void> {
    const { what, exit: exitOf } = member.started
    const exit = await pollUntil(`${what} drains`, exitOf, { timeoutMs: endWithinMs }).catch(() => undefined)
    if (exit === undefined) this.complaints.push(`${what} did not end within ${endWithinMs} ms`)
    else if (exit.code !== 0 && !endedWhileStarting(exit)) this.judgeEnd(member, exit, 'did not drain')
  }

  private judgeEnd({ place, failpoints }: Member, exit: Exit, what: string): void {
    const asArmed = failpoints?.includes('=kill') === true && exit.signal === 'SIGKILL'
    const name = nameOfPlace(place)
    if (asArmed) {
      this.options.tell(`${name} died at ${failpoints}`)
      return
    }
    const last = exit.stderr.trimEnd().split('\n').slice(-6).join(' ')
    // Who starts while a server is away says so and ends; a supervisor tries again.
    const [unreachable] = /SLUICE_(REDIS|POSTGRES)_UNREACHABLE/.exec(last) ?? []
    const told = `${name} ${what}: ${exit.signal ?? `code ${exit.code}`}, ${unreachable ?? last.slice(-1000)}`
    this.options.tell(told)
    if (unreachable === undefined) this.complaints.push(told)
  }
}

function hasStarted(stderr: string): boolean {
  return stderr.includes('"message":"Sluice runs."')
}

/** A signal that comes before the program listens does what it does by itself. */
function endedWhileStarting({ signal, stderr }: Exit): boolean {
  return signal === 'SIGTERM' && !hasStarted(stderr)
}
