import { type ChildProcess, spawn } from 'node:child_process'

/**
 * A keeper is a tiny shell process that outlives its parent on purpose: it reads a pipe that only the parent
 * holds, and when the pipe ends (the parent closed it, returned, threw, was interrupted or was killed with -9) it
 * ends the processes that it still watches and removes the directory. It is the only clean-up that kill -9 cannot
 * skip, so nothing here needs exit hooks or signal handlers.
 */
export interface Keeper {
  /** The process is ended with `signal` if the parent dies first; -9 follows after five seconds. */
  watch(pid: number, signal: 'INT' | 'TERM' | 'QUIT' | 'KILL'): void
  /** To be called as soon as a watched process has ended, because its pid may be reused. */
  forget(pid: number): void
  /** Lets the keeper do now, and in the background, what it would do at the end of this process. */
  end(): void
}

// A session of its own and deaf to signals, so that a Ctrl-C to the terminal's process group leaves it working.
const KEEPER_SCRIPT = `
trap '' HUP INT TERM
watched=' '
while read -r verb pid signal; do
  case $verb in
    watch) watched="$watched$pid:$signal " ;;
    forget)
      rest=' '
      for entry in $watched; do
        case $entry in "$pid":*) ;; *) rest="$rest$entry " ;; esac
      done
      watched=$rest ;;
  esac
done
for entry in $watched; do kill -"\${entry#*:}" "\${entry%%:*}" 2>/dev/null; done
tries=50
while [ "$tries" -gt 0 ]; do
  alive=
  for entry in $watched; do kill -0 "\${entry%%:*}" 2>/dev/null && alive=1; done
  [ -z "$alive" ] && break
  tries=$((tries - 1))
  sleep 0.1
done
for entry in $watched; do kill -KILL "\${entry%%:*}" 2>/dev/null; done
[ -z "$1" ] && exit 0
# Again while something that is just ending still writes.
tries=20
until rm -rf -- "$1" || [ "$tries" -eq 0 ]; do
  tries=$((tries - 1))
  sleep 0.1
done
`

/** @param temporaryDirectory removed after the watched processes have ended, when the parent dies. */
export function startKeeper(temporaryDirectory?: string): Keeper {
  const child = spawn('/bin/sh', ['-c', KEEPER_SCRIPT, 'sluice-keeper', temporaryDirectory ?? ''], {
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  })
  leaveEventLoopFree(child)
  const tell = (line: string): void => {
    child.stdin.write(`${line}\n`)
  }
  return {
    watch: (pid, signal) => tell(`watch ${pid} ${signal}`),
    forget: (pid) => tell(`forget ${pid}`),
    end: () => {
      child.stdin.end()
    },
  }
}

function leaveEventLoopFree(child: ChildProcess & { stdin: NonNullable<ChildProcess['stdin']> }): void {
  // A keeper that somebody killed must not take its parent with it by an unheard EPIPE.
  child.on('error', () => undefined)
  child.stdin.on('error', () => undefined)
  child.unref()
  if ('unref' in child.stdin && typeof child.stdin.unref === 'function') child.stdin.unref()
}
