/**
 * PostgreSQL's parent is a shell of a few lines, the keeper, and not Parley: so the server is never a zombie, and it neither dies with
 * Parley in the same instant nor lives on for ever.
 *
 *   Parley ──holds the writing end──▶ alive (a named pipe) ◀──reads── keeper ──parent of──▶ postgres
 *
 * However Parley ends, the kernel closes its end and the keeper reads the end of the pipe. It waits `GRACE_SECONDS`; a Parley that
 * started meanwhile has adopted the server by opening the pipe and writing a line. Nobody came: the server is stopped.
 * No polling, no process ids, and it works for kill -9.
 */
import { closeSync, constants, openSync, rmSync, writeSync } from 'node:fs'
import { execFileSync, spawn } from 'node:child_process'
import type { Account } from './account.ts'

const GRACE_SECONDS = 5

// The signals of a terminal or a service manager are meant for Parley, which stops the server when its own work is done.
// `exec 3<&0`: the standard input of a background job is /dev/null, whatever it was before. Nobody but the watcher may hold the pipe's
// reading end: that it can be opened for writing proves to the next Parley that the watcher lives.
const KEEPER = `
trap '' HUP INT TERM
exec 3<&0 </dev/null
"$@" 3<&- &
server=$!
{
  while :; do
    while read -r line; do :; done
    sleep ${GRACE_SECONDS} </dev/null
    read -r line || break
  done
  kill -INT $server
  for second in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do sleep 1 </dev/null; kill -0 $server || exit; done
  kill -QUIT $server
} <&3 3<&- >/dev/null 2>&1 &
watcher=$!
exec 3<&-
wait $server
code=$?
kill -9 $watcher
exit $code
`

// Service managers may give next to no PATH. Messages in English: we look for words in them.
const ENVIRONMENT = { PATH: `${process.env.PATH ?? ''}:/usr/local/bin:/usr/bin:/bin`, LC_ALL: 'C' }

export interface Kept {
  /** Resolves when the server has ended. */
  readonly ended: Promise<void>
  /** Closes our end of the pipe: call it after the server has ended, or to leave the server to the keeper. */
  readonly letGo: () => void
}

/** Starts `command` under a keeper. Its output is appended to `log`. */
export function keep(pipe: string, log: string, account: Account, command: readonly string[]): Kept {
  rmSync(pipe, { force: true })
  execFileSync('mkfifo', ['-m', '600', pipe], { env: ENVIRONMENT })
  // Open for both first: a pipe without a writer would block the reader's opening, and this thread with it.
  const ours = openSync(pipe, constants.O_RDWR)
  const theirs = openSync(pipe, constants.O_RDONLY)
  const output = openSync(log, 'a', 0o600)
  const keeper = spawn('/bin/sh', ['-c', KEEPER, 'parley-keeper', ...account.run(command)], {
    stdio: [theirs, output, output],
    detached: true,
    cwd: '/',
    env: ENVIRONMENT,
    ...account.ids,
  })
  closeSync(theirs)
  closeSync(output)
  keeper.unref()
  return {
    ended: new Promise((resolve) => keeper.once('exit', () => resolve()).once('error', () => resolve())),
    letGo: () => closeSync(ours),
  }
}

/** Takes over a server whose Parley is gone. Null: its keeper is gone too. */
export function takeOver(pipe: string): Pick<Kept, 'letGo'> | null {
  try {
    const ours = openSync(pipe, constants.O_WRONLY | constants.O_NONBLOCK) // ENXIO: nobody reads
    writeSync(ours, '\n')
    return { letGo: () => closeSync(ours) }
  } catch {
    return null
  }
}
