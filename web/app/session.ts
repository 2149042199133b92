/** Who sits here and what they may do. `me` is loaded before any page of the frame is drawn. */
import { useSuspenseQuery } from '@tanstack/react-query'
import { getMe, signOut } from '#contract/calls/members.ts'
import type { Me } from '#contract/calls/members.ts'
import { may, type Act } from '#contract/rights.ts'
import type { z } from 'zod'
import { read } from './acts.ts'
import { call } from './call.ts'
import { client } from './client.ts'
import { drawFor, onAnotherMember } from './drawn-for.ts'
import { closeFeed } from './feed.ts'
import { forgetAll, keepFor, leavePage } from './tab-memory.ts'
import { questionOfLeaving } from './unsent.ts'

export type MeView = z.infer<typeof Me>

/**
 * Asked again and again: its warnings come and go, and a window that asks nothing else hears by it that the server is in trouble. Also
 * whenever the window is looked at anew: another member may have signed in while it slept.
 */
export const meQuery = () => ({
  ...read(getMe),
  staleTime: 60_000,
  refetchInterval: 20_000,
  refetchOnWindowFocus: 'always' as const,
})

/** Asked of the server anew; null: nobody, or it cannot say. */
export const whoSitsHere = (): Promise<MeView | null> =>
  client.fetchQuery({ ...meQuery(), staleTime: 0, retry: false, meta: { quiet: true } }).catch(() => null)

export const useMe = (): MeView => useSuspenseQuery(meQuery()).data

/** Until a second factor is on, the server answers nothing but what the account page asks. */
export const isShutOut = ({ warnings }: MeView): boolean => warnings.includes('second_factor_wanted')

/** `const can = useMay(); can('channel.change') && …`: the table the server asks, so a button that is shown works. */
export function useMay(): (act: Act) => boolean {
  const { member } = useMe()
  return (act) => may(member.role, act)
}

/** One end is enough: what still asks the server meanwhile is told again that nobody is signed in. */
let isOver = false
/** Sign-out was pressed: what is owed is sent first, then it is asked. */
let isAsking = false
/** Asked for here: the server tells every window of the session that it ended, this one too. */
let isLeaving = false

/** Ends the session here; nothing of the workspace stays in memory, or in the tab. What would be lost with it is asked before. */
export async function leave(): Promise<void> {
  if (isAsking || isLeaving || !(await mayLeave()) || isOver) return
  isLeaving = true
  try {
    await call(signOut)
    forgetAll()
    end('/sign-in')
  } finally {
    isLeaving = false
  }
}

async function mayLeave(): Promise<boolean> {
  isAsking = true
  try {
    const question = await questionOfLeaving()
    return isOver || question === null || window.confirm(question)
  } finally {
    isAsking = false
  }
}

/** The session ended elsewhere: the same, with the way back kept, and what the tab keeps for the same member. */
export function signedOutElsewhere(): void {
  if (isOver || isLeaving || location.pathname === '/sign-in' || location.pathname === '/setup') return
  end(`/sign-in?why=signed_out&next=${encodeURIComponent(here())}`)
}

/** What a page holds is one member's: for another, who signed in since, it begins anew. @returns false: this one ends */
export function sitsHere({ member }: MeView, place = here()): boolean {
  if (isOver) return false
  if (keepFor(member.id)) {
    drawFor(member.id)
    return true
  }
  end(place)
  return false
}

/** The same, heard of a call that was refused. */
onAnotherMember(() => {
  if (!isOver) end(here())
})

const here = (): string => `${location.pathname}${location.search}`

function end(place: string): void {
  isOver = true
  closeFeed()
  leavePage()
  client.clear()
  // The browser's arrow may bring this page back as it was left: empty, and over.
  window.addEventListener('pageshow', ({ persisted }) => persisted && location.reload())
  location.assign(place)
}
