/**
 * A server that neither works nor recovers. Seen after fsync failed in the middle of a recovery: the process that recovers had ended,
 * the postmaster waited for another child for ever, and answered "in recovery mode" to everybody.
 *
 * Of its children the one that recovers ("startup") and the one that writes the log ("walwriter") follow each other closely, however long
 * a recovery takes: where both are missing for long, nobody is at work any more. A server that was told to stop may take its time.
 */
import { readFile } from 'node:fs/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { readPostmaster } from './postmaster.ts'

const AT_WORK = /^postgres: (startup|walwriter)\b/

export interface Patience {
  readonly lookMs: number
  /** Longer than the five seconds after which PostgreSQL itself kills what is left of a server that has failed. */
  readonly hungMs: number
}

/** True when the server on this folder hangs; false when nobody wants to know any more. Watches on Linux alone, where a look costs next to nothing. */
export async function hung(folder: string, { lookMs, hungMs }: Patience, signal: AbortSignal): Promise<boolean> {
  let atWork = performance.now()
  for (;;) {
    await delay(lookMs, undefined, { signal, ref: false }).catch(() => {})
    if (signal.aborted) return false
    if (await mayWork(folder)) atWork = performance.now()
    else if (performance.now() - atWork >= hungMs) return !signal.aborted
  }
}

async function mayWork(folder: string): Promise<boolean> {
  const postmaster = await readPostmaster(folder)
  if (!postmaster || postmaster.stopping) return true
  const children = await read(`/proc/${postmaster.pid}/task/${postmaster.pid}/children`)
  if (children === null) return true
  // A zombie has no words.
  const words = await Promise.all(children.split(' ').map((child) => read(`/proc/${child}/cmdline`)))
  return words.some((each) => AT_WORK.test(each ?? ''))
}

const read = (file: string) => readFile(file, 'utf8').catch(() => null)
