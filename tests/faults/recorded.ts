/**
 * The nodes that a run started, by its folder's own record. A runner that is ended hard leaves behind those that slept: they hear nothing,
 * not even that it is gone. An id alone proves nothing, for somebody else may have it by now; with when it was started it does.
 */
import { execFileSync } from 'node:child_process'
import { appendFileSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'

interface Recorded {
  readonly pid: number
  readonly since: string
}

const fileIn = (folder: string) => join(folder, 'nodes.jsonl')

/** At once: what the killer of this process left behind is all that the next one knows. */
export function record(folder: string, pid: number): void {
  const since = sinceWhen(pid)
  if (since !== null) appendFileSync(fileIn(folder), `${JSON.stringify({ pid, since } satisfies Recorded)}\n`)
}

/** Ends those that still run, and waits until they are gone. @returns how many there were */
export async function endRecorded(folder: string): Promise<number> {
  const running = recordedIn(folder).filter(isThere)
  for (const { pid } of running) process.kill(pid, 'SIGKILL')
  for (let tries = 0; running.some(isThere) && tries < 500; tries++) await delay(20)
  rmSync(fileIn(folder), { force: true })
  return running.length
}

const isThere = ({ pid, since }: Recorded): boolean => sinceWhen(pid) === since

function recordedIn(folder: string): Recorded[] {
  let text: string
  try {
    text = readFileSync(fileIn(folder), 'utf8')
  } catch {
    return []
  }
  // What stands behind the last end of a line was cut off.
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Recorded)
}

/** When it was started, as its machine says; null: there is no such process, or it is over and only its parent does not know yet. */
function sinceWhen(pid: number): string | null {
  try {
    if (process.platform !== 'linux')
      return execFileSync('ps', ['-o', 'lstart=', '-p', String(pid)], { encoding: 'utf8' }).trim() || null
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
    // The name before it is in brackets, and may hold any.
    const [state, ...rest] = stat.slice(stat.lastIndexOf(')') + 2).split(' ')
    if (state === 'Z' || state === 'X') return null
    // Ticks since the machine was started, which may have been another time.
    return `${readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim()} ${rest[18]}`
  } catch {
    return null
  }
}
