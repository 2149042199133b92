/**
 * What this tab keeps over a reload of its page, by member: whoever signs in next here neither sees nor sends what another left. It goes
 * with the tab, and with a sign-out; a session that ended elsewhere leaves it to the same member.
 */
import type { MemberId } from '#contract/ids.ts'

const PREFIX = 'parley.tab.'
/** Until it is known who sits here nothing is kept, and nothing is found. */
let owner: MemberId | null = null
const forgetters = new Set<() => void>()

/** Called once `me` is known: what others left goes. @returns false: this page is another member's already */
export function keepFor(member: MemberId): boolean {
  if (owner !== null && owner !== member) return false
  owner = member
  removeAllBut(keyOf(member, ''))
  return true
}

export function remembered<Value>(name: string): Value | null {
  if (owner === null) return null
  try {
    return JSON.parse(sessionStorage.getItem(keyOf(owner, name)) ?? 'null') as Value | null
  } catch {
    // A browser may refuse to keep anything.
    return null
  }
}

export function remember(name: string, value: unknown): void {
  if (owner === null) return
  try {
    sessionStorage.setItem(keyOf(owner, name), JSON.stringify(value))
  } catch {
    // Then it lives as long as the page.
  }
}

/** Whoever holds in the page what stands here too empties it then. */
export const onForgotten = (then: () => void): void => void forgetters.add(then)

/** The page holds nothing of the member any more; what the tab keeps waits for him. */
export function leavePage(): void {
  // First: what is emptied must not be kept as empty.
  owner = null
  for (const forget of forgetters) forget()
}

export function forgetAll(): void {
  leavePage()
  removeAllBut(null)
}

const keyOf = (member: MemberId, name: string): string => `${PREFIX}${member}.${name}`

function removeAllBut(kept: string | null): void {
  try {
    for (const key of Object.keys(sessionStorage))
      if (key.startsWith(PREFIX) && (kept === null || !key.startsWith(kept))) sessionStorage.removeItem(key)
  } catch {
    // There is nothing to forget.
  }
}
