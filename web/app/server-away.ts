/**
 * Whether the server can reach its database, by what calls are answered. One refusal may be of one slow question: it is asked
 * something small at once, and again until it can answer; then what stood waiting is asked anew.
 *
 * well ──503──▶ in doubt ──no better answer──▶ away ──any good answer──▶ well
 */
import { useSyncExternalStore } from 'react'

export interface Watcher {
  /** Something small, that any member may ask. */
  ask(): Promise<unknown>
  /** It answers again. */
  back(): void
}

const SURE_MS = 500
const FIRST_WAIT_MS = 2_000
const LONGEST_WAIT_MS = 10_000

let isAway = false
let doubt: ReturnType<typeof setTimeout> | undefined
let isAsking = false
let watcher: Watcher | null = null
const listeners = new Set<() => void>()

export const watchServer = (by: Watcher): void => void (watcher = by)

/** Of every call: the code of its failure, null where there was none. */
export function noteAnswer(code: string | null): void {
  if (code === 'unavailable') {
    if (!isAway) doubt ??= setTimeout(() => set(true), SURE_MS)
    void askUntilItAnswers()
    return
  }
  // Who is signed out was looked up.
  if (code !== null && code !== 'signed_out') return
  clearTimeout(doubt)
  doubt = undefined
  if (!isAway) return
  set(false)
  watcher?.back()
}

export const serverAway = (): boolean => isAway

export const useServerAway = (): boolean =>
  useSyncExternalStore((changed) => {
    listeners.add(changed)
    return () => void listeners.delete(changed)
  }, serverAway)

function set(next: boolean): void {
  isAway = next
  doubt = undefined
  for (const changed of listeners) changed()
}

async function askUntilItAnswers(): Promise<void> {
  if (isAsking || !watcher) return
  isAsking = true
  for (let wait = FIRST_WAIT_MS; ; wait = Math.min(LONGEST_WAIT_MS, wait * 1.5)) {
    await watcher.ask().catch(() => {})
    if (!isAway && doubt === undefined) break
    await new Promise((resolve) => setTimeout(resolve, wait))
  }
  isAsking = false
}
